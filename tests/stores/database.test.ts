import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeProcessLock } from '@keyward/kit/process-lock';
import { newId } from '@keyward/kit/random';
import { pingDatabase } from '@keyward/stores/postgres/availability';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';

type SqlType = 'int8' | 'bytea' | 'timestamptz' | 'jsonb';

/** A value of that type of Postgres, as the adapter under test reads it. */
async function read(db: Database, value: unknown, type: SqlType): Promise<unknown> {
  const row = await db.selectNoFrom((eb) => eb.cast<unknown>(eb.val(value), type).as('value')).executeTakeFirst();
  return row?.value;
}

describePostgresBackends('database', (backend) => {
  it('is migrated once, however often and by however many that is asked', async () => {
    const url = await backend.url();
    await using one = await openDatabase(url);
    await using two = await openDatabase(url);
    const applied = await Promise.all([migrate(one.db), migrate(two.db)]);
    const names = applied.flat();
    expect(names).toContain('0001-configuration');
    expect(new Set(names).size).toBe(names.length);
    expect(await migrate(one.db)).toEqual([]);
    expect(await pingDatabase(two.db)).toBe(true);
  });

  it('reads int8 as a number, bytea as bytes, timestamptz to the millisecond and jsonb as a value', async () => {
    await using database = await openDatabase(await backend.url());
    const { db } = database;
    expect(await read(db, '9007199254740991', 'int8')).toBe(9_007_199_254_740_991);
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const bytes = await read(db, all, 'bytea');
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(bytes as Uint8Array)).toEqual(all);
    const at = new Date(1_763_000_000_123);
    expect(await read(db, at, 'timestamptz')).toEqual(at);
    expect(await read(db, JSON.stringify({ a: [1, 'ü'] }), 'jsonb')).toEqual({ a: [1, 'ü'] });
    expect(await read(db, null, 'int8')).toBeNull();
  });

  it('keeps nothing of a transaction that fails, and all of one that does not', async () => {
    await using database = await openDatabase(await backend.url());
    const { db } = database;
    await migrate(db);
    const add = (to: Database, name: string) =>
      to.insertInto('organization').values({ id: newId(), name, created_at: new Date() }).execute();
    const failing = db.transaction().execute(async (transaction) => {
      await add(transaction, 'lost');
      throw new Error('half-way');
    });
    await expect(failing).rejects.toThrow('half-way');
    await db.transaction().execute((transaction) => add(transaction, 'kept'));
    const rows = await db.selectFrom('organization').select('name').execute();
    expect(rows).toEqual([{ name: 'kept' }]);
  });

  if (backend.name === 'postgres') return;
  it('is one instance for all who open its URL, and closes with the last', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keyward-'));
    const url = `pglite:${join(directory, 'made', 'data')}`;
    const one = await openDatabase(url);
    const two = await openDatabase(url);
    expect(two.db).toBe(one.db);
    await migrate(one.db);
    await one[Symbol.asyncDispose]();
    expect(await pingDatabase(two.db)).toBe(true);
    await two[Symbol.asyncDispose]();
    expect(await pingDatabase(two.db)).toBe(false);
    await using again = await openDatabase(url);
    expect(again.db).not.toBe(one.db);
    expect(await migrate(again.db)).toEqual([]);
    await again[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  it('is not opened while another process has it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'keyward-'));
    const data = join(directory, 'data');
    const lock = takeProcessLock(`${data}.lock`);
    await expect(openDatabase(`pglite:${data}`)).rejects.toThrow('another process uses the database');
    lock?.[Symbol.dispose]();
    await using opened = await openDatabase(`pglite:${data}`);
    expect(await pingDatabase(opened.db)).toBe(true);
    expect(takeProcessLock(`${data}.lock`)).toBeUndefined();
    await opened[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });
});
