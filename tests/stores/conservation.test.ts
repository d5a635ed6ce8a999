import { readConservation } from '@keyward/admin-api/reports/conservation';
import { ConservationFindings, watchConservation } from '@keyward/admin-api/reports/watch-conservation';
import type { Clock } from '@keyward/kit/clock';
import type { OutboxAccount } from '@keyward/stores/ports/outbox-accounts';
import { advanceCatchUps, listPendingCatchUps } from '@keyward/stores/postgres/catch-up';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AccountsTwin } from './accounts-twin.ts';
import { quietLogger as logger } from './sample-events.ts';

describePostgresBackends('conservation', (backend) => {
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let db: Database;
  let nowMs: number;
  let accounts: AccountsTwin;
  /** What happens while the answer waits for the counting. */
  let meanwhile: () => Promise<void>;
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };

  beforeAll(async () => {
    opened = await openDatabase(await backend.url());
    db = opened.db;
    await migrate(db);
  });
  beforeEach(async () => {
    nowMs = Date.UTC(2026, 10, 20);
    accounts = new AccountsTwin();
    accounts.accounts = [shard(0), shard(1)];
    meanwhile = async () => undefined;
    await db.deleteFrom('outbox_count').execute();
    await db.deleteFrom('catch_up').execute();
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const shard = (number: number, fields: Partial<OutboxAccount> = {}): OutboxAccount => ({
    ...{ shard: number, incarnation: `i${number}`, added: 10, waiting: 0, collapsed: 0, eventsCollapsed: 0, buried: 0 },
    ...fields,
  });
  const count = (number: number, counted: number, { buried = 0, incarnation = `i${number}` } = {}) =>
    db
      .insertInto('outbox_count')
      .values({ shard: number, incarnation, counted, buried })
      .onConflict((conflict) => conflict.columns(['shard', 'incarnation']).doUpdateSet({ counted, buried }))
      .execute();
  const catchUp = async () => {
    const ids = await listPendingCatchUps(db);
    await advanceCatchUps(db, { ids, ends: { logId: 'log', partitions: [] }, now: new Date(nowMs) });
  };
  const read = () =>
    readConservation({
      db,
      accounts,
      clock,
      pause: async () => {
        nowMs += 100;
        await meanwhile();
      },
    });

  it('holds when every outbox is counted, while new events come and are counted', async () => {
    await count(0, 3);
    await count(1, 9, { buried: 1 });
    meanwhile = async () => {
      accounts.accounts = [shard(0, { added: 25, waiting: 5 }), shard(1, { added: 12, collapsed: 1 })];
      await count(0, 18);
      await catchUp();
    };
    expect(await read()).toEqual({
      ...{ balanced: true, settled: true, missing: 0, surplus: 0, unbalanced: [], dead: 0 },
      outbox: { added: 20, waiting: 0, collapsed: 0, eventsCollapsed: 0, buried: 0 },
      ...{ counted: 27, buriedByIngest: 1, lost: { outboxes: 0, counted: 0 } },
    });
  });

  it('is watched, and shown as the last check found it that could tell', async () => {
    await count(0, 10);
    await count(1, 7);
    const metrics = new Registry();
    const findings = new ConservationFindings(metrics, clock);
    const shown = async () => (await metrics.metrics()).split('\n').filter((line) => /^keyward/.test(line));
    expect(await shown()).toEqual([]);
    await using watching = watchConservation({ db, accounts, findings, clock, logger });
    void watching;
    const caughtUp = async () => {
      await catchUp();
      return shown();
    };
    const found = ['missing_entries 3', 'surplus_entries 0', 'lost_outboxes 0', 'age_seconds 0'];
    await expect.poll(caughtUp).toEqual(found.map((figure) => `keyward_conservation_${figure}`));
    nowMs += 90_000;
    findings.found({ ...(await read()), missing: 1, settled: false });
    expect(await shown()).toContain('keyward_conservation_missing_entries 3');
    expect((await shown()).at(-1)).toMatch(/^keyward_conservation_age_seconds 9[0-9]/);
  });

  it('names the shards that lost events, and those that counted some twice', async () => {
    await count(0, 8);
    await count(1, 11);
    meanwhile = catchUp;
    const answer = await read();
    expect(answer).toMatchObject({ balanced: false, settled: true, missing: 2, surplus: 1 });
    expect(answer.unbalanced).toMatchObject([
      { shard: 0, incarnation: 'i0', added: 10, counted: 8, missing: 2, surplus: 0 },
      { shard: 1, incarnation: 'i1', added: 10, counted: 11, missing: 0, surplus: 1 },
    ]);
  });

  it('says when the counting did not come to its end in time, and claims nothing then', async () => {
    await count(0, 10);
    await count(1, 10);
    expect(await read()).toMatchObject({ balanced: false, settled: false, missing: 0 });
  });

  it('tells apart what was counted of outboxes that are gone', async () => {
    await count(0, 10);
    await count(1, 10);
    await count(1, 70, { incarnation: 'before' });
    meanwhile = catchUp;
    const answer = await read();
    expect(answer).toMatchObject({ balanced: true, counted: 20, lost: { outboxes: 1, counted: 70 } });
  });

  it('does not take a shard that is lost meanwhile for one that counted too much', async () => {
    await count(0, 10);
    await count(1, 10);
    meanwhile = async () => {
      accounts.accounts = [shard(0), shard(1, { incarnation: 'next', added: 2 })];
      await catchUp();
    };
    expect(await read()).toMatchObject({ balanced: true, missing: 0, surplus: 0, lost: { outboxes: 0 } });
  });
});
