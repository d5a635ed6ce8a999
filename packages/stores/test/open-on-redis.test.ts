import { openOnRedis, type RedisConnection } from '@keyward/stores/redis/connection';

import { expect, test, vi } from 'vitest';

test('a store that cannot be made leaves no connection behind, which would keep its process alive', async () => {
  const connections: RedisConnection[] = [];
  const make = (redis: RedisConnection) => {
    connections.push(redis);
    throw new Error('a script is missing');
  };
  await expect(openOnRedis('redis://127.0.0.1:1/0', { make })).rejects.toThrow('a script is missing');
  const [left] = connections;
  await vi.waitUntil(() => left?.status === 'end', { timeout: 5_000 });
});
