import { type UsageCount, usageSummaryType } from '@keyward/contract/usage-summary';
import { systemClock as clock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { Outbox } from '@keyward/stores/ports/outbox';
import { shardCount } from '@keyward/stores/shards';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { OutboxCollapser } from '@keyward/validator/relay/collapse-outboxes';
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
async function clientIn({ projection, store }: ShardsUnderTest) {
  const [environmentId, keyId, clientId] = [newId(), newId(), idIn(shard)];
  await projection.putEnvironmentVersion(environmentId, 1);
  await projection.putClientVersion(clientId, 1);
  return async (count: number, endpointOf: (i: number) => string) => {
    for (let i = 0; i < count; i += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, j) => {
          const eventId = newId();
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
    const { signal } = new AbortController();
    const collapser = { outbox, relay: 'one', leases, progress: new RelayProgress(clock), clock, logger, signal };
    await new OutboxCollapser({ ...collapser, maxBytes: shardCount * shareBytes }).collapseOnce();
    expect(await bytesOf(outbox)).toBeLessThan(shareBytes);
  });
});

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
