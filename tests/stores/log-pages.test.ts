import { readInTime } from '@keyward/admin-api/reports/read-in-time';
import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { type LogFilter, type LogPlace, type RequestLogRow, readLogs } from '@keyward/stores/postgres/request-logs';
import { TookTooLong, withinTime } from '@keyward/stores/postgres/within-time';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runSql } from './run-sql.ts';
import { logPartitions, newestFirst, randomLines } from './sample-lines.ts';
import { pick, seeded } from './seeded.ts';

const fromMs = Date.UTC(2026, 10, 18);
const days = 3;

describePostgresBackends('request logs', (backend) => {
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let db: Database;
  const draw = seeded(9);
  const environments = [newId(), newId()];
  const [environmentId = ''] = environments;
  const lines = randomLines(draw, { environments, count: 900, fromMs, days });

  beforeAll(async () => {
    opened = await openDatabase(await backend.url());
    db = opened.db;
    await migrate(db);
    await logPartitions(db, fromMs, days + 1);
    await db.insertInto('request_log').values(lines).execute();
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const isFound = (filter: LogFilter) => (row: RequestLogRow) =>
    row.environment_id === environmentId &&
    (filter.clientId === undefined || row.client_id === filter.clientId) &&
    (filter.keyId === undefined || row.key_id === filter.keyId) &&
    (filter.endpoint === undefined || row.endpoint === filter.endpoint) &&
    (filter.verdict === undefined || row.verdict === filter.verdict) &&
    (filter.isSuccess === undefined || (row.verdict === 'ALLOWED') === filter.isSuccess) &&
    (filter.ip === undefined || row.ip === filter.ip) &&
    (filter.from === undefined || row.decided_at >= filter.from) &&
    (filter.to === undefined || row.decided_at < filter.to);
  const expected = (filter: LogFilter) => lines.filter(isFound(filter)).toSorted(newestFirst);

  async function walk(filter: LogFilter, limit: number): Promise<RequestLogRow[]> {
    const found: RequestLogRow[] = [];
    for (let after: LogPlace | undefined; ; ) {
      const part = await readLogs(db, { environmentId, filter, after, limit });
      found.push(...part);
      const last = part.at(-1);
      if (last === undefined || part.length < limit) return found;
      after = { decidedAtMs: last.decided_at.getTime(), eventId: last.event_id };
    }
  }

  const one = lines.find((line) => line.environment_id === environmentId && line.ip !== null);
  const at = (part: number) => new Date(fromMs + part * days * 86_400_000);
  const filters: [string, LogFilter][] = [
    ['none', {}],
    ['client', { clientId: one?.client_id }],
    ['key', { keyId: one?.key_id }],
    ['endpoint', { endpoint: one?.endpoint }],
    ['success', { isSuccess: true }],
    ['error', { isSuccess: false }],
    ['verdict', { verdict: 'RATE_LIMITED' }],
    ['ip', { ip: one?.ip ?? '' }],
    ['from', { from: at(0.4) }],
    ['from a line', { from: one?.decided_at }],
    ['to a line', { to: one?.decided_at }],
    ['from and to', { from: at(0.2), to: at(0.7) }],
    ['of another environment', { clientId: lines.find((line) => line.environment_id !== environmentId)?.client_id }],
  ];

  it.each(filters)('are found in pages, newest first, nothing twice and nothing missing, by %s', async (_, filter) => {
    const all = expected(filter);
    expect(await walk(filter, 1_000)).toEqual(all);
    expect(await walk(filter, 7)).toEqual(all);
  });

  it('are found by any filters together', async () => {
    let matches = 0;
    for (let i = 0; i < 60; i += 1) {
      const filter: LogFilter = {};
      for (let j = 0; j < 3; j += 1) Object.assign(filter, pick(draw, filters.slice(0, -1))[1]);
      const all = expected(filter);
      matches += all.length;
      expect(await walk(filter, 1 + draw(20))).toEqual(all);
    }
    expect(matches).toBeGreaterThan(1_000);
  });

  it('go on where they were while lines are added that are newer, of the same millisecond too', async () => {
    const filter = { from: at(0.5) };
    const all = expected(filter);
    const first = await readLogs(db, { environmentId, filter, after: undefined, limit: 5 });
    const last = first.at(-1);
    if (!last) throw new Error('there are no lines');
    const newer = [
      { ...last, event_id: 'ffffffff-ffff-7fff-bfff-ffffffffffff' },
      { ...last, event_id: newId(), decided_at: new Date(last.decided_at.getTime() + 1) },
    ];
    await db.insertInto('request_log').values(newer).execute();
    const after = { decidedAtMs: last.decided_at.getTime(), eventId: last.event_id };
    expect(await readLogs(db, { environmentId, filter, after, limit: 5 })).toEqual(all.slice(5, 10));
    const added = newer.map((line) => line.event_id);
    await db.deleteFrom('request_log').where('event_id', 'in', added).execute();
  });

  // An embedded database has nothing that could end a statement.
  it.skipIf(backend.name === 'pglite')('are looked for no longer than their reader can wait', async () => {
    const forEver = withinTime(db, 50, (transaction) => runSql(transaction, 'select pg_sleep(60)'));
    await expect(forEver).rejects.toThrow(TookTooLong);
    const tooLong = readInTime(db, () => Promise.reject(new TookTooLong()));
    await expect(tooLong).rejects.toMatchObject({ code: 'TOO_BROAD', message: expect.stringContaining('from and to') });
    const part = { environmentId, filter: {}, after: undefined, limit: 1 };
    expect(await withinTime(db, 5_000, (transaction) => readLogs(transaction, part))).toHaveLength(1);
  });
});
