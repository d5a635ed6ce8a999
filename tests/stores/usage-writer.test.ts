import { type ValidationEvent, validationEventType } from '@keyward/contract/validation-event';
import type { Verdict } from '@keyward/contract/verdict';
import type { Clock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { LogBatch } from '@keyward/stores/ports/event-log';
import { type Database, type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { UsageWriter } from '@keyward/stores/postgres/usage-writer';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAsIngest } from './open-as-ingest.ts';
import { idAt, quietLogger as logger, recordOf, sampleEvent } from './sample-events.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const retentionDays = 8;
/** Shortly before midnight, UTC. */
const startMs = Date.UTC(2026, 10, 20, 23, 59, 30);
const emptyTables = ['consumer_offset', 'event_seen', 'event_dead', 'client_total', 'key_total', 'usage_hour'] as const;

function batchOf(events: readonly ValidationEvent[], place: Partial<LogBatch> & { from?: number } = {}): LogBatch {
  const { from = 0, logId = 'log', partition = 0 } = place;
  const records = events.map((event, i) => recordOf(event, from + i));
  return { logId, partition, records };
}

describePostgresBackends('usage writer', (backend) => {
  const own = new AsyncDisposableStack();
  let ingest: OpenDatabase;
  let db: Database;
  let nowMs = startMs;
  const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const newWriter = () => new UsageWriter({ ...ingest, clock, logger, retentionDays });
  const event = (fields: Partial<ValidationEvent> = {}) => sampleEvent({ decidedAtMs: nowMs, ...fields });

  beforeAll(async () => {
    const url = await backend.url();
    ({ db } = own.use(await openDatabase(url)));
    await migrate(db);
    ingest = own.use(await openAsIngest(url));
  });
  afterAll(() => own.disposeAsync());
  beforeEach(async () => {
    nowMs = startMs;
    await newWriter().keepPartitions();
    for (const table of emptyTables) await db.deleteFrom(table).execute();
  });

  const clientTotals = async () => byId(await db.selectFrom('client_total').selectAll().execute(), 'client_id');
  const keyTotals = async () => {
    const rows = await db.selectFrom('key_total').selectAll().execute();
    // Whether webhooks heard of a key is not the writer's.
    return byId(
      rows.map(({ told: _, ...counted }) => counted),
      'key_id',
    );
  };
  const dead = () => db.selectFrom('event_dead').selectAll().orderBy('log_offset').execute();
  const counted = async () => {
    const rows = await db.selectFrom('usage_hour').select('count').execute();
    return rows.reduce((sum, row) => sum + row.count, 0);
  };

  it('adds up what an independent count of random batches says, whatever is written twice', async () => {
    const { events, expected } = randomEvents(nowMs);
    const writer = newWriter();
    for (let from = 0; from < events.length; from += 150) {
      // Overlaps the batch before and the one after.
      const batch = batchOf(events.slice(Math.max(0, from - 40), from + 170), { from: Math.max(0, from - 40) });
      await writer.write(batch);
      if (from % 300 === 0) await writer.write(batch);
    }
    const hours = await db.selectFrom('usage_hour').selectAll().execute();
    const found = hours.map((row) =>
      [
        row.hour.toISOString(),
        row.client_id,
        row.key_id,
        row.endpoint,
        row.verdict,
        row.count,
        row.duration_us,
        row.cost,
      ].join('|'),
    );
    expect(found.toSorted()).toEqual(expected.hours.toSorted());
    expect(await clientTotals()).toEqual(expected.clients);
    expect(await keyTotals()).toEqual(expected.keys);
    expect(await writer.storedOffset('log', 0)).toBe(events.length);
  });

  it('counts once what several writers write at the same time, in whatever order', async () => {
    const { events, expected } = randomEvents(nowMs);
    const writers = [0, 1, 2, 3].map((partition) => ({ partition, writer: newWriter() }));
    const inTurn = (some: ValidationEvent[], partition: number) => (partition % 2 === 0 ? some : some.toReversed());
    for (let from = 0; from < events.length; from += 240) {
      const chunk = events.slice(from, from + 240);
      // Other events of the same clients in each partition, then the same ones in all, as after a rebalance.
      const quarters = writers.map(({ partition }) => chunk.filter((_, i) => i % 4 === partition));
      for (const share of [quarters, writers.map(() => chunk)]) {
        const batches = writers.map(({ partition }) => inTurn(share[partition] ?? [], partition));
        await Promise.all(
          writers.map(({ partition, writer }) => writer.write(batchOf(batches[partition] ?? [], { from, partition }))),
        );
      }
    }
    // And new ids that all bring at once.
    const fresh = Array.from({ length: 2_000 }, () => event());
    const writes = writers.map(({ writer, partition }) =>
      writer.write(batchOf(inTurn(fresh, partition), { partition })),
    );
    await Promise.all(writes);
    expect(await clientTotals()).toMatchObject(expected.clients);
    expect(await keyTotals()).toMatchObject(expected.keys);
    expect(await counted()).toBe(events.length + fresh.length);
  });

  it('does not count an id again on the next day', async () => {
    const beforeMidnight = event();
    await newWriter().write(batchOf([beforeMidnight]));
    nowMs += dayMs;
    await newWriter().keepPartitions();
    await newWriter().write(batchOf([beforeMidnight], { from: 7 }));
    expect(await counted()).toBe(1);
    expect(await dead()).toEqual([]);
  });

  it('never sets the last use back', async () => {
    const fields = { clientId: newId(), keyId: newId() };
    const writer = newWriter();
    await writer.write(batchOf([event(fields)]));
    await writer.write(batchOf([event({ ...fields, decidedAtMs: nowMs - 5_000 })], { from: 1 }));
    const total = (await keyTotals())[fields.keyId];
    expect(total).toMatchObject({ success: 2, last_used_at: new Date(nowMs) });
  });

  it('keeps what cannot be counted, with the reason, and counts the rest', async () => {
    const old = nowMs - retentionDays * dayMs - 1;
    const bad: [string | ValidationEvent, RegExp][] = [
      ['not json', /not JSON/],
      ['', /not JSON/],
      ['{"id":1}', /environmentId/],
      [event({ decidedAtMs: old }), /outside the window/],
      [event({ id: idAt(nowMs + dayMs + 1) }), /outside the window/],
      [event({ id: newId().replace(/^(.{14})7/, '$14') }), /UUIDv7/],
      [event({ id: idAt(nowMs), decidedAtMs: 8e15 }), /decidedAtMs/],
      [event({ durationUs: 1e300 }), /bigint/],
      [event({ methodPath: 'GET:/nul\0' }), /0x00/],
      [event({ methodPath: `GET:/~${randomText(20_000)}` }), /index row/],
    ];
    const good = Array.from({ length: 20 }, () => event());
    const values = bad.flatMap(([value], i) => [value, ...good.slice(i * 2, i * 2 + 2)]);
    const records = values.map((value, offset) => ({
      offset,
      type: validationEventType,
      value: Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    }));
    const writer = newWriter();
    await writer.write({ logId: 'log', partition: 3, records });
    await writer.write({ logId: 'log', partition: 3, records });
    const rows = await dead();
    expect(rows).toHaveLength(bad.length);
    for (const [i, [, reason]] of bad.entries()) {
      expect(rows[i]?.reason).toMatch(reason);
      expect(rows[i]).toMatchObject({ log_id: 'log', partition: 3, log_offset: i * 3 });
      expect(Buffer.from(rows[i]?.value ?? [])).toEqual(records[i * 3]?.value);
    }
    expect(await counted()).toBe(good.length);
    expect(await writer.storedOffset('log', 3)).toBe(records.length);
  });

  it('takes one spelling of an id and of a text for one', async () => {
    const once = event({ methodPath: 'GET:/a\ud800' });
    const again = { ...once, id: once.id.toUpperCase(), clientId: once.clientId.toUpperCase() };
    const sibling = { ...once, id: idAt(nowMs), clientId: once.clientId.toUpperCase(), methodPath: 'GET:/a\ud801' };
    await newWriter().write(batchOf([once, again, sibling]));
    expect(await db.selectFrom('usage_hour').select(['endpoint', 'count']).execute()).toEqual([
      { endpoint: 'GET:/a\ufffd', count: 2 },
    ]);
  });

  it('counts texts as they are, whatever they mean elsewhere', async () => {
    const endpoints = [
      'GET:/"',
      "GET:/'",
      'GET:/\\',
      'GET:/\\"',
      'GET:/{a,b}',
      'GET:/, ',
      'GET:/\\N\t\n',
      ' NULL',
      'NULL',
      '',
    ];
    await newWriter().write(batchOf(endpoints.map((endpoint) => event({ endpoint, verdict: 'NULL' }))));
    const rows = await db.selectFrom('usage_hour').select(['endpoint', 'verdict', 'count']).execute();
    const expected = endpoints.map((endpoint) => ({ endpoint, verdict: 'NULL', count: 1 }));
    expect(rows).toHaveLength(expected.length);
    expect(rows).toEqual(expect.arrayContaining(expected));
  });

  it('counts an event under the endpoint that it names, else under the one that its path is of', async () => {
    const methodPath = 'get:::/Users/7';
    await newWriter().write(batchOf([event({ methodPath }), event({ methodPath, endpoint: 'GET:/users/7' })]));
    const rows = await db.selectFrom('usage_hour').select('endpoint').execute();
    expect(rows.map((row) => row.endpoint).toSorted()).toEqual(['GET:/Users/{id}', 'GET:/users/7']);
  });

  it('changes nothing when the transaction fails, and counts once when it is repeated', async () => {
    const batch = batchOf([event(), event()]);
    await db.schema.alterTable('consumer_offset').renameTo('consumer_offset_away').execute();
    try {
      await expect(newWriter().write(batch)).rejects.toMatchObject({ code: '42P01' });
      expect(await counted()).toBe(0);
    } finally {
      await db.schema.alterTable('consumer_offset_away').renameTo('consumer_offset').execute();
    }
    await newWriter().write(batch);
    expect(await counted()).toBe(2);
  });

  describe('partitions of event_seen', () => {
    it('cover every day that is counted and two days more, and go when they are too old', async () => {
      for (const name of await partitionDays(db)) await db.schema.dropTable(name).execute();
      const writers = [newWriter(), newWriter(), newWriter()];
      await Promise.all(writers.map((writer) => writer.keepPartitions()));
      const edges = [nowMs - retentionDays * dayMs, nowMs, nowMs + dayMs];
      await newWriter().write(batchOf(edges.map((decidedAtMs) => event({ decidedAtMs }))));
      expect(await counted()).toBe(3);
      expect(await partitionDays(db)).toHaveLength(retentionDays + 3);
      nowMs += 3 * dayMs;
      await newWriter().keepPartitions();
      // One day beyond the retention stays, for a replica whose clock is behind.
      expect(await partitionDays(db)).toHaveLength(retentionDays + 4);
      expect(await db.selectFrom('event_seen').selectAll().execute()).toHaveLength(2);
    });

    it('are made by the writer when upkeep came too late, and the batch comes through on the next try', async () => {
      nowMs += 40 * dayMs;
      const batch = batchOf([event()]);
      await expect(newWriter().write(batch)).rejects.toMatchObject({ code: '23514' });
      await newWriter().write(batch);
      expect(await counted()).toBe(1);
      expect(await dead()).toEqual([]);
    });
  });
});

async function partitionDays(db: Database): Promise<string[]> {
  const tables = await db.introspection.getTables();
  return tables.map((table) => table.name).filter((name) => name.startsWith('event_seen_'));
}

function byId<T extends { environment_id: string }, K extends keyof T & string>(rows: readonly T[], key: K) {
  const pairs = rows.map(({ environment_id: _, [key]: id, ...row }) => [id, row]);
  return Object.fromEntries(pairs) as Record<string, Omit<T, K | 'environment_id'>>; // what `pairs` was made of
}

function randomText(length: number): string {
  return Array.from({ length: Math.ceil(length / 36) }, () => newId())
    .join('')
    .slice(0, length);
}

/** Events of a few clients over three days, with some ids twice, and what they must come to, counted by plain sums. */
function randomEvents(nowMs: number) {
  const clients = Array.from({ length: 7 }, () => ({ clientId: newId(), keyIds: [newId(), newId()] as const }));
  const environmentId = newId();
  const verdicts: Verdict[] = ['ALLOWED', 'ALLOWED', 'EXPIRED', 'REVOKED'];
  const expected = { hours: [] as string[], clients: {} as Record<string, object>, keys: {} as Record<string, object> };
  const hours = new Map<string, { count: number; durationUs: number; cost: number }>();
  const events = Array.from({ length: 1_200 }, () => {
    const { clientId, keyIds } = pick(clients);
    const decidedAtMs = nowMs - Math.floor(Math.random() * 3 * dayMs);
    const [keyId, verdict] = [pick(keyIds), pick(verdicts)];
    const methodPath = pick(['GET:/a', 'POST:/b', 'GET:/"q", \\ {NULL} ü']);
    const durationUs = Math.floor(Math.random() * 10_000);
    const cost = pick([{}, {}, { cost: 0 }, { cost: 7 }]);
    const tracking = pick([{}, {}, { untracked: true as const }]);
    const fields = { environmentId, clientId, keyId, verdict, methodPath, decidedAtMs, durationUs };
    return sampleEvent({ ...fields, ...cost, ...tracking });
  });
  for (const { clientId, keyId, methodPath, verdict, decidedAtMs, durationUs, cost = 1 } of events) {
    const hour = `${new Date(decidedAtMs).toISOString().slice(0, 13)}:00:00.000Z`;
    const key = [hour, clientId, keyId, methodPath, verdict].join('|');
    const sum = hours.get(key) ?? { count: 0, durationUs: 0, cost: 0 };
    const charged = verdict === 'ALLOWED' ? cost : 0;
    hours.set(key, { count: sum.count + 1, durationUs: sum.durationUs + durationUs, cost: sum.cost + charged });
  }
  expected.hours = [...hours].map(([key, sum]) => `${key}|${sum.count}|${sum.durationUs}|${sum.cost}`);
  const success = (some: ValidationEvent[]) => some.filter((one) => one.verdict === 'ALLOWED').length;
  for (const [clientId, some = []] of Object.entries(Object.groupBy(events, (one) => one.clientId))) {
    const duration_us = some.reduce((sum, one) => sum + one.durationUs, 0);
    expected.clients[clientId] = { success: success(some), error: some.length - success(some), duration_us };
  }
  for (const [keyId, some = []] of Object.entries(Object.groupBy(events, (one) => one.keyId))) {
    const last_used_at = new Date(Math.max(...some.map((one) => one.decidedAtMs)));
    const uses = some.filter((one) => one.verdict === 'ALLOWED' && !one.untracked);
    expected.keys[keyId] = {
      ...{ success: success(some), error: some.length - success(some), last_used_at },
      ...{ not_uses: success(some) - uses.length, incarnation: null, uses_since: 0 },
      last_use_at: new Date(Math.max(...uses.map((one) => one.decidedAtMs))),
    };
  }
  return { events, expected };
}

function pick<T>(from: readonly T[]): T {
  const found = from[Math.floor(Math.random() * from.length)];
  if (found === undefined) throw new RangeError('nothing to pick from');
  return found;
}
