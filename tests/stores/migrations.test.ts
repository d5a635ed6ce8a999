import { newId } from '@keyward/kit/random';
import { openDatabase } from '@keyward/stores/postgres/database';
import { migrate, migrations } from '@keyward/stores/postgres/migrate';
import { up as usage } from '@keyward/stores/postgres/migrations/0002-usage';
import { up as usageCost } from '@keyward/stores/postgres/migrations/0006-usage-cost';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { schemaColumns } from './schema-columns.ts';
import { untilLockIsWaitedFor } from './until-lock-waited-for.ts';

const readColumns = `
  select relation.relname as table, attribute.attname as column,
    type.typname || case when attribute.attnotnull then '' else '?' end as type
  from pg_attribute as attribute
    join pg_class as relation on relation.oid = attribute.attrelid
    join pg_namespace as namespace on namespace.oid = relation.relnamespace
    join pg_type as type on type.oid = attribute.atttypid
  where namespace.nspname = 'public' and relation.relkind in ('r', 'p') and not relation.relispartition
    and relation.relname not like 'kysely%' and attribute.attnum > 0 and not attribute.attisdropped`;

describePostgresBackends('migrations', (backend) => {
  it('leave the tables that the code counts on, column by column', async () => {
    await using database = await openDatabase(await backend.url());
    await migrate(database.db);
    const columns = await database.sessions.transaction((session) =>
      session.query<{ table: string; column: string; type: string }>(readColumns),
    );
    const found: Record<string, Record<string, string>> = {};
    for (const { table, column, type } of columns) {
      found[table] ??= {};
      found[table][column] = type;
    }
    expect(found).toEqual(schemaColumns);
  });

  it('charge what was admitted before costs were counted with 1 each', async () => {
    await using database = await openDatabase(await backend.url());
    const { db } = database;
    const bare = db as unknown as Parameters<typeof usage>[0]; // a migration knows no schema
    await usage(bare);
    const ids = { environment_id: newId(), client_id: newId(), key_id: newId(), endpoint: 'GET:/' };
    const counts = { hour: '2026-11-20T12:00:00Z', count: 7, duration_us: 1 };
    const rows = ['ALLOWED', 'REVOKED'].map((verdict) => ({ ...ids, ...counts, verdict }));
    await db.insertInto('usage_hour').values(rows).execute();
    await usageCost(bare);
    const costs = await db.selectFrom('usage_hour').select(['verdict', 'cost']).orderBy('verdict').execute();
    expect(costs).toEqual([
      { verdict: 'ALLOWED', cost: 7 },
      { verdict: 'REVOKED', cost: 0 },
    ]);
    // Code of before goes on writing rows without a cost.
    await db
      .insertInto('usage_hour')
      .values({ ...ids, ...counts, verdict: 'EXPIRED' })
      .execute();
  });

  it('are applied again after a deadlock, and after nothing else', async () => {
    await using database = await openDatabase(await backend.url());
    const fates = ['40P01', 'fine', '22P02'];
    const up = async () => {
      const code = fates.shift();
      if (code !== 'fine') throw Object.assign(new Error('refused'), { code });
    };
    expect(await migrate(database.db, { first: { up } })).toEqual(['first']);
    const both = { first: { up }, second: { up } };
    await expect(migrate(database.db, both)).rejects.toMatchObject({ code: '22P02' });
    expect(fates).toEqual([]);
  });

  if (backend.name === 'pglite') return; // an embedded database does one thing at a time

  it('let changes go on that have begun before them', async () => {
    const url = await backend.url();
    await using database = await openDatabase(url);
    await using another = await openDatabase(url);
    const before = Object.entries(migrations).filter(([name]) => name < '0018');
    await migrate(database.db, Object.fromEntries(before));
    const migrating = await another.sessions.transaction(async (session) => {
      await session.query('select id from client');
      const begun = migrate(database.db);
      begun.catch(() => undefined); // it is awaited below
      await untilLockIsWaitedFor(database.sessions);
      await session.query('update client set version = version');
      return { begun };
    });
    expect((await migrating.begun).at(-1)).toBe(Object.keys(migrations).at(-1));
  });
});
