import { isDatabaseAway } from '@keyward/stores/postgres/availability';
import { type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSql } from './run-sql.ts';

describePostgresBackends('a database', (backend) => {
  let opened: OpenDatabase;
  beforeAll(async () => {
    opened = await openDatabase(await backend.url());
    await runSql(opened.db, 'create table t (n integer)');
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const failing = (statements: readonly string[]) =>
    opened.db
      .transaction()
      .execute(async (transaction) => {
        for (const statement of statements) await runSql(transaction, statement);
      })
      .catch((error: unknown) => error);

  it('that takes no writes, as a replica, is away', async () => {
    expect(isDatabaseAway(await failing(['set transaction read only', 'insert into t values (1)']))).toBe(true);
  });

  it('that refuses what it was asked is not', async () => {
    for (const statement of ['select 1 / 0', 'select nonsense', "insert into t values ('x')"])
      expect(isDatabaseAway(await failing([statement]))).toBe(false);
  });
});

describe('a database that does not answer who connects', () => {
  // By whose timer it is that ends first, pg's or its pool's.
  it.each(['timeout expired', 'timeout exceeded when trying to connect'])('is away: %s', (message) => {
    expect(isDatabaseAway(new Error(message))).toBe(true);
  });
});

describe('a database that no route leads to', () => {
  it.each(['ENETUNREACH', 'EHOSTUNREACH', 'ECONNREFUSED', 'EAI_AGAIN'])('is away: %s', (code) => {
    expect(isDatabaseAway(Object.assign(new Error('connect'), { code }))).toBe(true);
  });
});
