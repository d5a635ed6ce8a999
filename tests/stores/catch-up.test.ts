import type { LogEnds } from '@keyward/stores/ports/event-log';
import { advanceCatchUps, askForCatchUp, listPendingCatchUps } from '@keyward/stores/postgres/catch-up';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openAsIngest } from './open-as-ingest.ts';

const now = new Date('2026-11-20T12:00:00Z');

describePostgresBackends('catching up with the log', (backend) => {
  const own = new AsyncDisposableStack();
  let db: Database;
  let ingest: Database;

  beforeAll(async () => {
    const url = await backend.url();
    ({ db } = own.use(await openDatabase(url)));
    await migrate(db);
    ingest = own.use(await openAsIngest(url)).db;
  });
  beforeEach(async () => {
    await db.deleteFrom('catch_up').execute();
    await db.deleteFrom('consumer_offset').execute();
  });
  afterAll(() => own.disposeAsync());

  const ask = (id = 'a', at = now) => askForCatchUp(db, id, at);
  const endsOf = (ends: number[], { firsts = [0, 0], logId = 'log' } = {}): LogEnds => ({
    logId,
    partitions: ends.map((end, partition) => ({ partition, first: firsts[partition] ?? 0, end })),
  });
  const advance = async (ends: LogEnds) =>
    advanceCatchUps(ingest, { ids: await listPendingCatchUps(ingest), ends, now });
  const store = async (partition: number, next_offset: number) => {
    await db.deleteFrom('consumer_offset').where('partition', '=', partition).execute();
    await db.insertInto('consumer_offset').values({ log_id: 'log', partition, next_offset }).execute();
  };

  it('is reached once every partition is counted up to where it ended at the first look, however it grows', async () => {
    expect(await ask()).toBe(false);
    await store(0, 5);
    expect(await advance(endsOf([7, 3]))).toBe(0);
    await store(0, 7);
    await store(1, 2);
    expect(await advance(endsOf([90, 90]))).toBe(0);
    expect(await ask()).toBe(false);
    await store(1, 4);
    expect(await advance(endsOf([900, 900]))).toBe(1);
    expect(await ask()).toBe(true);
    expect(await listPendingCatchUps(ingest)).toEqual([]);
  });

  it('is reached at once where nothing was ever written, and where the rest is gone from the log', async () => {
    await ask();
    expect(await advance(endsOf([0, 0]))).toBe(1);
    await ask('b');
    await store(0, 5);
    expect(await advance(endsOf([9, 0], { firsts: [8, 0] }))).toBe(0);
    expect(await advance(endsOf([9, 0], { firsts: [9, 0] }))).toBe(1);
  });

  it('begins anew in another log, and does not take over a goal of before it was asked for', async () => {
    await ask();
    await store(0, 50);
    expect(await advance(endsOf([60]))).toBe(0);
    const before = await listPendingCatchUps(ingest);
    await ask('later');
    const ends = endsOf([1], { logId: 'another' });
    expect(await advanceCatchUps(ingest, { ids: before, ends, now })).toBe(0);
    expect(await listPendingCatchUps(ingest)).toHaveLength(2);
    expect(await advance(endsOf([0], { logId: 'third' }))).toBe(2);
  });

  it('is one request for all who ask by the same id, and is forgotten after a day', async () => {
    await Promise.all([ask(), ask(), ask()]);
    expect(await listPendingCatchUps(ingest)).toEqual(['a']);
    await ask('b', new Date(now.getTime() + 86_400_001));
    expect(await listPendingCatchUps(ingest)).toEqual(['b']);
  });
});
