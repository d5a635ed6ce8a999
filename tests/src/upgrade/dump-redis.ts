import { Redis } from 'ioredis';
import type { FixtureRedisKey } from './fixture.ts';

const base64 = (bytes: Buffer) => bytes.toString('base64');
const inPairs = (texts: readonly Buffer[]) =>
  Array.from({ length: texts.length / 2 }, (_, i): [string, string] => [
    base64(texts[2 * i] ?? Buffer.alloc(0)),
    base64(texts[2 * i + 1] ?? Buffer.alloc(0)),
  ]);

/** All keys but those that run out by themselves. */
export async function dumpRedis(url: string): Promise<FixtureRedisKey[]> {
  const redis = new Redis(url);
  try {
    const dumped: FixtureRedisKey[] = [];
    for (const key of (await redis.keys('*')).toSorted())
      if ((await redis.pttl(key)) === -1) dumped.push(await dumpKey(redis, key));
    return dumped;
  } finally {
    redis.disconnect();
  }
}

async function dumpKey(redis: Redis, key: string): Promise<FixtureRedisKey> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return { key, type, value: base64((await redis.getBuffer(key)) ?? Buffer.alloc(0)) };
    case 'hash':
      return { key, type, fields: inPairs((await redis.callBuffer('HGETALL', key)) as Buffer[]) };
    case 'set':
      return { key, type, members: (await redis.smembersBuffer(key)).map(base64) };
    case 'zset':
      return { key, type, members: inPairs((await redis.callBuffer('ZRANGE', key, 0, -1, 'WITHSCORES')) as Buffer[]) };
    case 'stream': {
      const facts = (await redis.xinfo('STREAM', key)) as unknown[];
      const added = Number(facts[facts.indexOf('entries-added') + 1]);
      const entries = await redis.xrangeBuffer(key, '-', '+');
      return {
        key,
        type,
        added,
        entries: entries.map(([id, fields]) => ({ id: id.toString(), fields: inPairs(fields) })),
      };
    }
    default:
      throw new Error(`nobody knows how to keep ${key}, a ${type}`);
  }
}
