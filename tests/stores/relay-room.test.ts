import { type UsageCount, usageSummaryType } from '@keyward/contract/usage-summary';
import { systemClock as clock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { Outbox, OutboxEntry } from '@keyward/stores/ports/outbox';
import { shardCount } from '@keyward/stores/shards';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { OutboxCollapser, type OutboxCollapserOptions } from '@keyward/validator/relay/collapse-outboxes';
import { startRelay } from '@keyward/validator/relay/relay';
import { RelayProgress } from '@keyward/validator/relay/relay-progress';
import { ShardLeases } from '@keyward/validator/relay/shard-leases';
import { expect, it } from 'vitest';
import { LogTwin } from './log-twin.ts';
import { idIn, untilEmpty } from './relayed-clients.ts';
import { quietLogger as logger } from './sample-events.ts';
import { decideCommand, openShards, type ShardsUnderTest } from './shards-under-test.ts';

const shard = 9;
const shareBytes = 64 * 1024;

/** A client in that shard, each of whose requests is of another endpoint or of the same. */
async function clientIn({ projection, store }: ShardsUnderTest, keyIds: readonly string[] = [newId()]) {
  const [environmentId, clientId] = [newId(), idIn(shard)];
  await projection.putEnvironmentVersion(environmentId, 1);
  await projection.putClientVersion(clientId, 1);
  return async (count: number, endpointOf: (i: number) => string) => {
    for (let i = 0; i < count; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, j) => {
          const [eventId, keyId] = [newId(), keyIds[(i + j) % keyIds.length]];
          const methodPath = `GET:/${endpointOf(i + j)}`;
          const event = JSON.stringify({ id: eventId, environmentId, clientId, keyId, methodPath, durationUs: 42 });
          return store.decide(decideCommand({ environmentId, clientId, eventId, event }));
        }),
      );
  };
}

async function bytesOf(outbox: Outbox): Promise<number> {
  const [backlog] = await outbox.backlogs([shard]);
  return backlog?.bytes ?? Number.NaN;
}

describeRedisBackends('outboxes while the log is away', (backend) => {
  it.each([
    { name: 'few endpoints', endpointOf: (i: number) => `things/${'abc'.charAt(i % 3)}` },
    { name: 'another endpoint each', endpointOf: (i: number) => `things/x${i}y` },
  ])('stay within their room, and the counts are exact: $name', { timeout: 60_000 }, async ({ endpointOf }) => {
    await using shards = await openShards(await backend.url());
    const { outbox } = shards;
    const request = await clientIn(shards);
    const log = new LogTwin();
    const returned = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    log.before = () => {
      asked.resolve();
      return returned.promise; // a send that is never answered, until the log is back
    };
    const outboxMaxBytes = shardCount * shareBytes;
    await request(50, endpointOf);
    await using _ = startRelay({ outbox, producer: log, clock, logger, outboxMaxBytes });
    await asked.promise;
    const rounds = 3;
    for (let round = 1; round <= rounds; round += 1) {
      await request(1_000, (i) => endpointOf(round * 1_000 + i));
      const isWithin = async () => (await bytesOf(outbox)) <= shareBytes;
      await waitUntil(isWithin, { what: `the outbox to fit, round ${round}`, timeoutMs: 15_000 });
    }
    returned.resolve();
    await untilEmpty(outbox);
    const summaries = log.kept.flatMap(({ event }) => (event.type === usageSummaryType ? [event.data] : []));
    const counts: UsageCount[] = summaries.flatMap((summary) => summary.counts);
    const detailed = log.kept.length - summaries.length;
    expect(summaries.length).toBeGreaterThan(0);
    expect(detailed + sum(counts.map(({ count }) => count))).toBe(50 + rounds * 1_000);
    expect(sum(summaries.map(({ events }) => events))).toBe(sum(counts.map(({ count }) => count)));
    expect(sum(counts.map(({ cost }) => cost))).toBe(sum(counts.map(({ count }) => count)));
    expect(sum(counts.flatMap(({ durations }) => durations))).toBe(sum(counts.map(({ count }) => count)));
  });

  it('stay within their room, too, when another relay comes that they cannot pass to yet', async () => {
    await using shards = await openShards(await backend.url());
    const { outbox } = shards;
    const request = await clientIn(shards);
    const leases = new ShardLeases({ outbox, clock, relay: 'one', warn: (error) => expect.fail(String(error)) });
    await leases.balance();
    for (const other of ['two', 'three', 'four', 'five', 'six', 'seven', 'eight'])
      await outbox.heartbeat(other, 60_000);
    await leases.balance();
    expect(leases.held()).not.toContain(shard);
    await request(1_000, () => 'things');
    expect(await bytesOf(outbox)).toBeGreaterThan(shareBytes);
    await collapserOf(outbox, { leases, maxBytes: shardCount * shareBytes }).collapseOnce();
    expect(await bytesOf(outbox)).toBeLessThan(shareBytes);
  });

  it('shrink though more keys are asked for than one summary counts', { timeout: 60_000 }, async () => {
    await using shards = await openShards(await backend.url());
    const { outbox } = shards;
    const keys = 2_000;
    const request = await clientIn(shards, Array.from({ length: keys }, newId));
    await request(keys, () => 'things');
    const once = await bytesOf(outbox);
    for (let round = 1; round < 4; round += 1) await request(keys, () => 'things');
    await outbox.claim('one', [shard], 60_000);
    const leases = { owned: () => [shard], owns: () => true };
    await collapserOf(outbox, { leases, maxBytes: shardCount * 1 }).collapseOnce();
    expect(await bytesOf(outbox)).toBeLessThan(1.5 * once);
    const read: OutboxEntry[] = await outbox.readUnsent(shard, { limit: 500 });
    const summaries = read.flatMap(({ event }) => (event.type === usageSummaryType ? [event.data] : []));
    expect(sum(summaries.flatMap(({ counts }) => counts.map(({ count }) => count)))).toBe(4 * keys);
  });
});

function collapserOf(outbox: Outbox, options: Pick<OutboxCollapserOptions, 'leases' | 'maxBytes'>): OutboxCollapser {
  const { signal } = new AbortController();
  return new OutboxCollapser({
    outbox,
    relay: 'one',
    progress: new RelayProgress(clock),
    clock,
    logger,
    signal,
    ...options,
  });
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
