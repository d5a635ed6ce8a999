import { redisKeys } from '@keyward/stores/redis/keys';
import { allShards } from '@keyward/stores/shards';
import { withRedis } from '../../backends/redis-admin.ts';

/** The relay that owns each shard's outbox, or null. */
export const readLeaseOwners = (redisUrl: string): Promise<(string | null)[]> =>
  withRedis(redisUrl, (redis) => redis.mget(allShards.map((shard) => redisKeys.lease(shard))));
