import { newId } from '@keyward/kit/random';
import { MemoryProjectionStore } from '@keyward/stores/memory/memory-projection-store';
import { MemoryShards } from '@keyward/stores/memory/memory-shards';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { readClientSpending, readEnvironmentSpending } from '@keyward/stores/postgres/spending';
import { UsageWriter } from '@keyward/stores/postgres/usage-writer';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { administrationOn, createOneClient, newEnvironment } from './administration-under-test.ts';
import { quietLogger as logger, recordOf, sampleEvent } from './sample-events.ts';

/** A Thursday; its ISO week began on Monday, 28 September, and so in another month. */
const nowMs = Date.UTC(2026, 9, 1, 12, 30);
const hourMs = 3_600_000;

describePostgresBackends('what was spent', (backend) => {
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let db: Database;
  let offset = 0;
  let environmentId: string;
  let clientId: string;
  let keyId: string;
  let second: string;
  const other = newId();
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };

  beforeAll(async () => {
    opened = await openDatabase(await backend.url());
    db = opened.db;
    const store = new MemoryProjectionStore(new MemoryShards(clock));
    const administration = await administrationOn({ db, store, clock });
    const { environment } = await newEnvironment(administration);
    const client = await createOneClient(administration, environment, {
      name: 'c',
      keys: [{ name: 'one' }, { name: 'two' }],
    });
    environmentId = environment.id;
    clientId = client.id;
    [keyId = '', second = ''] = client.keys.map(({ id }) => id);
  });
  beforeEach(async () => {
    await db.deleteFrom('usage_hour').execute();
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const write = async (...events: Partial<Parameters<typeof sampleEvent>[0]>[]) => {
    const writer = new UsageWriter({ db, sessions: opened.sessions, clock, logger, retentionDays: 40 });
    await writer.keepPartitions();
    const made = events.map((fields) =>
      sampleEvent({ environmentId, clientId, keyId, decidedAtMs: nowMs - 60_000, ...fields }),
    );
    const records = made.map((event) => recordOf(event, offset++));
    await writer.write({ logId: 'log', partition: 0, records });
  };

  it('is summed by decision time over the calendar windows of now, by client and by key', async () => {
    await write(
      { cost: 2 },
      { keyId: second },
      { decidedAtMs: nowMs - hourMs, cost: 10 },
      { decidedAtMs: nowMs - 13 * hourMs, cost: 100 },
      { decidedAtMs: Date.UTC(2026, 8, 28), keyId: second, cost: 1_000 },
      { decidedAtMs: Date.UTC(2026, 8, 27, 23, 59), cost: 10_000 },
      { clientId: other, cost: 5 },
    );
    const spending = await readClientSpending(db, [clientId, newId()], nowMs);
    expect([...spending.keys()]).toEqual([clientId]);
    expect(spending.get(clientId)?.client).toEqual({ hour: 3, day: 13, week: 1_113, month: 13 });
    expect(Object.fromEntries(spending.get(clientId)?.families ?? [])).toEqual({
      [keyId]: { hour: 2, day: 12 },
      [second]: { hour: 1, day: 1 },
    });
    expect(await readEnvironmentSpending(db, environmentId, nowMs)).toEqual({
      hour: 8,
      day: 18,
      week: 1_118,
      month: 18,
    });
  });

  it('is told of registered keys one by one, and of any number of others only together', async () => {
    const others = Array.from({ length: 20 }, () => ({ keyId: newId() }));
    await write({ cost: 2 }, { clientId: other, cost: 5 }, ...others);
    const spending = await readClientSpending(db, [clientId, other], nowMs);
    expect(spending.get(clientId)?.client).toMatchObject({ hour: 22 });
    expect([...(spending.get(clientId)?.families ?? [])]).toEqual([[keyId, { hour: 2, day: 2 }]]);
    // A key that is registered, but for somebody else.
    expect(spending.get(other)).toEqual({ client: { hour: 5, day: 5, week: 5, month: 5 }, families: new Map() });
  });

  it('is what was admitted, at its cost, and nothing else', async () => {
    await write({ cost: 0 }, { verdict: 'RATE_LIMITED', cost: 9 }, { verdict: 'REVOKED' });
    expect((await readClientSpending(db, [clientId], nowMs)).get(clientId)?.client ?? { hour: 0 }).toMatchObject({
      hour: 0,
    });
    expect(await readEnvironmentSpending(db, environmentId, nowMs)).toEqual({ hour: 0, day: 0, week: 0, month: 0 });
  });

  it('is nothing for nobody', async () => {
    expect((await readClientSpending(db, [], nowMs)).size).toBe(0);
  });
});
