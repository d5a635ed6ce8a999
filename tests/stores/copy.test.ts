import { type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { withPostgres } from '@keyward/tests/backends/postgres-admin';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describePostgresBackends('a copy', (backend) => {
  let url: string;
  let opened: OpenDatabase;
  beforeAll(async () => {
    url = await backend.url();
    opened = await openDatabase(url);
    await opened.sessions.transaction((session) => session.query('create table target (n integer)'));
  });
  afterAll(() => opened?.[Symbol.asyncDispose]());

  const copy = (lines: string) => opened.sessions.transaction((session) => session.copy('target (n)', lines));
  const numbers = () =>
    opened.sessions.transaction((session) => session.query<{ n: number }>('select n from target order by n'));

  it('is kept with its transaction, and one that is refused leaves the next alone', async () => {
    await copy('1\n2\n');
    await expect(copy('3\nnot a number\n')).rejects.toMatchObject({ code: '22P02' });
    const undone = opened.sessions.transaction(async (session) => {
      await session.copy('target (n)', '4\n');
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await copy(`${Array.from({ length: 200_000 }, (_, i) => i + 5).join('\n')}\n`);
    const found = await numbers();
    expect(found).toHaveLength(200_002);
    expect(found.slice(0, 3)).toEqual([{ n: 1 }, { n: 2 }, { n: 5 }]);
  });

  // PGlite has no connection that could be lost.
  if (backend.name === 'postgres') describe('whose connection is lost', () => losing(() => url, copy));
});

function losing(urlOf: () => string, copy: (lines: string) => Promise<void>): void {
  it.each(['before it begins', 'in its middle'])('ends %s', async (when) => {
    const url = urlOf();
    await withPostgres(url, async (client) => {
      await client.query('begin');
      // A copy waits for the table before it begins, and for the row's own lock when it fires a trigger.
      if (when === 'in its middle') await standStill(url);
      await client.query(when === 'in its middle' ? 'select pg_advisory_xact_lock(7)' : 'lock table target');
      const copied = copy('1\n'.repeat(1_000_000));
      copied.catch(() => undefined);
      const waiting = `select pid from pg_stat_activity where wait_event_type = 'Lock' and query like 'copy target%'`;
      // Within a transaction the activities are those that its first look has found.
      await withPostgres(url, async (other) => {
        await waitUntil(async () => (await other.query(waiting)).rowCount === 1, {
          what: 'the copy to wait',
          timeoutMs: 15_000,
        });
        await other.query(`select pg_terminate_backend(pid) from (${waiting}) as waiting`);
      });
      await expect(copied).rejects.toThrow();
      await client.query('rollback');
    });
    await copy('9\n');
  });
}

/** Makes each copy wait at its first row for whoever has the advisory lock. */
async function standStill(url: string): Promise<void> {
  await withPostgres(url, (client) =>
    client.query(`
      create function wait() returns trigger language plpgsql as
        $$ begin perform pg_advisory_xact_lock(7); return new; end $$;
      create trigger waiting before insert on target for each row execute function wait()`),
  );
}
