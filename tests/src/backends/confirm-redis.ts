import { connectRedis, untilConnected } from '@keyward/stores/redis/connection';
import { redisKeys } from '@keyward/stores/redis/keys';
import { allShards } from '@keyward/stores/shards';

const confirm = `#!lua
return redis.call('SET', KEYS[1], string.match(redis.call('INFO', 'server'), 'run_id:(%x+)'))`;

/** Says of every shard that the Redis process which serves it now may decide, as the projector does once all is there. */
export async function confirmRedis(url: string): Promise<void> {
  const redis = connectRedis(url);
  try {
    await untilConnected(redis, 5_000);
    await Promise.all(allShards.map((shard) => redis.eval(confirm, 1, redisKeys.confirmedRun(shard))));
  } finally {
    redis.disconnect();
  }
}
