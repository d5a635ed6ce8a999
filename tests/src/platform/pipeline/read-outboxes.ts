import { redisKeys } from '@keyward/stores/redis/keys';
import { allShards } from '@keyward/stores/shards';
import type { Redis } from 'ioredis';
import { withRedis } from '../../backends/redis-admin.ts';

/** How many entries the outbox of each shard ever took in, by Redis' own account, and how many of them are still there. */
export function readOutboxes(redisUrl: string): Promise<{ added: number; waiting: number }[]> {
  return withRedis(redisUrl, (redis) =>
    Promise.all(allShards.map((shard) => readOutbox(redis, redisKeys.outbox(shard)))),
  );
}

async function readOutbox(redis: Redis, key: string): Promise<{ added: number; waiting: number }> {
  if ((await redis.exists(key)) === 0) return { added: 0, waiting: 0 };
  const facts = (await redis.xinfo('STREAM', key)) as unknown[];
  const fact = (name: string) => Number(facts[facts.indexOf(name) + 1]);
  return { added: fact('entries-added'), waiting: fact('length') };
}
