import { systemClock as clock } from '@keyward/kit/clock';
import { redisKeys } from '@keyward/stores/redis/keys';
import { allShards, shardCount } from '@keyward/stores/shards';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedisCluster } from '@keyward/tests/backends/redis-cluster';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { startRelay } from '@keyward/validator/relay/relay';
import { leaseMs } from '@keyward/validator/relay/shard-leases';
import { expect, test } from 'vitest';
import { LogTwin } from './log-twin.ts';
import { clientsOf, untilEmpty } from './relayed-clients.ts';
import { quietLogger as logger } from './sample-events.ts';
import { openShards } from './shards-under-test.ts';

/** The masters go on without one that is silent. */
async function letGoOnAlone(nodes: readonly NativeServer[]): Promise<void> {
  for (const { url } of nodes)
    await withRedis(url, async (operator) => {
      await operator.config('SET', 'cluster-require-full-coverage', 'no');
      await operator.config('SET', 'cluster-node-timeout', '600000');
    });
}

test('a master that is frozen for longer than a lease does not hold up the others [redis-cluster]', {
  timeout: 90_000,
}, async () => {
  const cluster = await startNativeRedisCluster();
  const [first] = cluster.nodes;
  if (!first) throw new Error('a cluster has masters');
  try {
    await letGoOnAlone(cluster.nodes);
    await using shards = await openShards(cluster.url);
    const request = await clientsOf(shards, shardCount);
    await request(1);
    const slots = await withRedis(first.url, (operator) =>
      Promise.all(
        allShards.map(async (shard) => Number(await operator.call('CLUSTER', 'KEYSLOT', redisKeys.outbox(shard)))),
      ),
    );
    const isFrozen = (shard: number) => (slots[shard] ?? 0) <= lastSlotOfFirst;
    expect(allShards.filter(isFrozen).length).toBeGreaterThan(15);
    const log = new LogTwin();
    await using _ = startRelay({ outbox: shards.outbox, producer: log, clock, logger });
    await untilEmpty(shards.outbox);
    expect(log.kept).toHaveLength(shardCount);
    first.freeze();
    const frozenMs = clock.monotonicMs();
    for (let round = 1; clock.monotonicMs() - frozenMs < leaseMs * 1.3; round += 1) {
      const ids = (await request(1, (shard) => !isFrozen(shard))).flat();
      const isThere = () => ids.every((id) => log.ids.includes(id));
      await waitUntil(isThere, { what: `round ${round} of the others`, timeoutMs: 5_000 });
    }
    first.thaw();
    const ids = (await request(1)).flat();
    await untilEmpty(shards.outbox);
    expect(new Set(log.ids)).toEqual(new Set([...log.ids, ...ids]));
  } finally {
    first.thaw();
    await cluster.stop();
  }
});

const lastSlotOfFirst = 5_460;
