import { aclRules, type RedisUser } from '@keyward/stores/redis/acl-rules';
import { connectRedis, untilConnected } from '@keyward/stores/redis/connection';
import { parseRedisUrl } from '@keyward/stores/redis/redis-url';
import { Cluster } from 'ioredis';

const password = 'of-a-test';

/** The URL of the same Redis for one of its users, who is made on every master and may do what that service has to, and no more. */
export async function asRedisUser(url: string, user: RedisUser): Promise<string> {
  const { prefix } = parseRedisUrl(url);
  const name = `${prefix}${user}`;
  const redis = connectRedis(url);
  try {
    await untilConnected(redis, 5_000);
    const rules = ['reset', 'on', `>${password}`, ...aclRules(user, prefix)];
    for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
      await node.call('ACL', 'SETUSER', name, ...rules);
    }
  } finally {
    redis.disconnect();
  }
  return url.replace(/\/\/(?:[^@/]*@)?/, `//${encodeURIComponent(name)}:${password}@`);
}
