import { type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSql } from './run-sql.ts';

const queryTimeoutMs = 300;

describePostgresBackends('a COPY that takes too long', (backend) => {
  if (backend.name === 'pglite') return it('is waited for by an embedded database', () => undefined);
  let url: string;
  let owner: OpenDatabase;
  const uncaught: unknown[] = [];
  const note = (error: unknown) => uncaught.push(error);

  beforeAll(async () => {
    url = await backend.url();
    owner = await openDatabase(url);
    await runSql(owner.db, 'create table copied (line text)');
    process.on('uncaughtException', note);
  });
  afterAll(async () => {
    process.off('uncaughtException', note);
    await owner?.[Symbol.asyncDispose]();
  });

  /** Holds the table until `work` resolves. */
  const whileLocked = (work: () => Promise<void>) =>
    owner.sessions.transaction(async (session) => {
      await session.query('lock table copied in access exclusive mode');
      await work();
    });
  const copyOn = ({ sessions }: OpenDatabase) =>
    sessions.transaction((session) => session.copy('copied (line)', 'a\n'));

  it('is given up, and neither its connection’s end nor the server’s late word ends the process', async () => {
    await using impatient = await openDatabase(url, { queryTimeoutMs });
    await whileLocked(() => expect(copyOn(impatient)).rejects.toThrow('Query read timeout'));
    let copying = Promise.resolve();
    await whileLocked(async () => {
      let isGivenUp = false;
      const sessions = impatient.sessions.transaction((session) =>
        session.copy('copied (line)', 'a\n').finally(() => {
          isGivenUp = true;
        }),
      );
      copying = expect(sessions).rejects.toThrow('Query read timeout');
      await waitUntil(() => isGivenUp || undefined, { what: 'the COPY to be given up', timeoutMs: 10_000 });
    });
    await copying;
    await copyOn(impatient);
    expect(await impatient.sessions.transaction((session) => session.query('select line from copied'))).toHaveLength(1);
    expect(uncaught).toEqual([]);
  });
});
