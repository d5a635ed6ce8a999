import { redisKeys } from '@keyward/stores/redis/keys';
import { allShards } from '@keyward/stores/shards';
import { withRedis } from '../../backends/redis-admin.ts';

/** Ends all leases, as ten seconds would, once every relay that held one is dead. */
export async function endLeases(redisUrl: string): Promise<void> {
  const keys = [redisKeys.relays(), ...allShards.map((shard) => redisKeys.lease(shard))];
  await withRedis(redisUrl, (redis) => redis.del(...keys));
}
