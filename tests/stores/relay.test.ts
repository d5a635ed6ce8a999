import { systemClock } from '@keyward/kit/clock';
import type { Outbox } from '@keyward/stores/ports/outbox';
import { allShards } from '@keyward/stores/shards';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { startRelay } from '@keyward/validator/relay/relay';
import { expect, it } from 'vitest';
import { LogTwin } from './log-twin.ts';
import { clientsOf, untilEmpty } from './relayed-clients.ts';
import { quietLogger as logger } from './sample-events.ts';
import { openShards, outboxEntries } from './shards-under-test.ts';

const clock = systemClock;
const within = 20_000;

/** The outbox, and a way to wait until its relay has weighed its share twice from now. */
function countingBalances(outbox: Outbox): Outbox & { balancedTwice(): Promise<unknown> } {
  let heartbeats = 0;
  return {
    heartbeat: (relay, ttlMs) => {
      heartbeats += 1;
      return outbox.heartbeat(relay, ttlMs);
    },
    claim: (...args) => outbox.claim(...args),
    release: (...args) => outbox.release(...args),
    read: (...args) => outbox.read(...args),
    trim: (...args) => outbox.trim(...args),
    markSent: (...args) => outbox.markSent(...args),
    bury: (...args) => outbox.bury(...args),
    backlogs: (...args) => outbox.backlogs(...args),
    rooms: () => outbox.rooms(),
    readUnsent: (...args) => outbox.readUnsent(...args),
    collapse: (...args) => outbox.collapse(...args),
    flushRefusals: (...args) => outbox.flushRefusals(...args),
    balancedTwice: () => {
      const seen = heartbeats;
      return waitUntil(() => heartbeats >= seen + 2, { what: 'a relay to weigh its share', timeoutMs: within });
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function expectInOrder(log: LogTwin, byClient: readonly string[][]): void {
  const place = new Map(log.ids.toReversed().map((id, i) => [id, -i])); // the first time that it came
  for (const ids of byClient) {
    const places = ids.map((id) => place.get(id) ?? Number.NaN);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  }
}

describeRedisBackends('relay', (backend) => {
  it('appends every event once, each client in order, and trims what was kept', async () => {
    await using shards = await openShards(await backend.url());
    const request = await clientsOf(shards, 100);
    const log = new LogTwin();
    const before = await request(5);
    await using _ = startRelay({ outbox: shards.outbox, producer: log, clock, logger });
    const during = await request(5);
    await untilEmpty(shards.outbox);
    expect(log.ids.toSorted()).toEqual([...before, ...during].flat().toSorted());
    expectInOrder(
      log,
      before.map((ids, i) => [...ids, ...(during[i] ?? [])]),
    );
  });

  it('trims nothing before the log has kept it', async () => {
    await using shards = await openShards(await backend.url());
    const request = await clientsOf(shards, 20);
    await request(2);
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const log = new LogTwin();
    log.before = async () => {
      asked.resolve();
      await released.promise;
    };
    await using _ = startRelay({ outbox: shards.outbox, producer: log, clock, logger });
    await asked.promise;
    expect(await outboxEntries(shards.outbox)).toHaveLength(40);
    released.resolve();
    await untilEmpty(shards.outbox);
    expect(log.kept).toHaveLength(40);
  });

  it('loses nothing to a log that refuses: the same events come again, in order', async () => {
    await using shards = await openShards(await backend.url());
    const request = await clientsOf(shards, 20);
    const byClient = await request(3);
    const log = new LogTwin();
    const tried: string[][] = [];
    log.before = async (events) => {
      tried.push(events.map(({ event }) => event.data.id));
      if (tried.length <= 3) throw new Error('the log is away');
    };
    await using _ = startRelay({ outbox: shards.outbox, producer: log, clock, logger });
    await untilEmpty(shards.outbox);
    expect(tried.slice(1, 4)).toEqual([tried[0], tried[0], tried[0]]);
    expect(log.ids.toSorted()).toEqual(byClient.flat().toSorted());
    expectInOrder(log, byClient);
  });

  it('shares the shards fairly between two, and no shard is in the hands of both', { timeout: 60_000 }, async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    await using other = await openShards(url);
    const request = await clientsOf(shards, 128);
    const writing = new Map<number, LogTwin>();
    const [one, two] = [new LogTwin(writing), new LogTwin(writing)];
    const [firstOutbox, secondOutbox] = [countingBalances(shards.outbox), countingBalances(other.outbox)];
    await using _first = startRelay({ outbox: firstOutbox, producer: one, clock, logger });
    await request(1);
    await waitUntil(() => one.shards.size > 32, { what: 'one relay to have more than its half', timeoutMs: within });
    // The first is still writing when it has to hand over a half of its shards.
    const released = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    one.before = async () => {
      asked.resolve();
      await released.promise;
    };
    await request(1);
    await asked.promise;
    await using _second = startRelay({ outbox: secondOutbox, producer: two, clock, logger });
    await secondOutbox.balancedTwice();
    await firstOutbox.balancedTwice();
    await secondOutbox.balancedTwice();
    released.resolve();
    await waitUntil(
      async () => {
        for (const log of [one, two]) log.kept.length = 0;
        await request(1);
        await untilEmpty(shards.outbox);
        return one.shards.size === 32 && two.shards.size === 32;
      },
      { what: 'each relay to have its half', timeoutMs: 30_000 },
    );
    expect([...one.shards, ...two.shards].toSorted((a, b) => a - b)).toEqual(allShards);
    expect([...one.clashes, ...two.clashes]).toEqual([]);
  });

  it('drains what is there when it stops, and gives its leases back', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    const request = await clientsOf(shards, 50);
    const log = new LogTwin();
    const relay = startRelay({ outbox: shards.outbox, producer: log, clock, logger });
    await request(1);
    await untilEmpty(shards.outbox);
    const last = (await request(4)).flat();
    await relay[Symbol.asyncDispose]();
    expect(new Set(log.ids)).toEqual(new Set([...log.ids, ...last]));
    expect(await outboxEntries(shards.outbox)).toEqual([]);
    expect(await shards.outbox.claim('a peer', allShards, 1_000)).toEqual(allShards);
  });

  it('gives its leases back also when the log refuses to the end', async () => {
    await using shards = await openShards(await backend.url());
    const request = await clientsOf(shards, 5);
    const log = new LogTwin();
    const tried = Promise.withResolvers<void>();
    log.before = async () => {
      tried.resolve();
      throw new Error('the log is away');
    };
    await request(1);
    const relay = startRelay({ outbox: shards.outbox, producer: log, clock, logger });
    await tried.promise;
    await relay[Symbol.asyncDispose]();
    expect(await outboxEntries(shards.outbox)).toHaveLength(5);
    expect(await shards.outbox.claim('a peer', allShards, 1_000)).toEqual(allShards);
  });
});
