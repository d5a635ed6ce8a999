import type { Redis } from 'ioredis';

/** Every key of a single Redis with all that it holds, as one text; bytes as Latin-1, so that none is lost. */
export async function readAllRedis(redis: Redis): Promise<string> {
  const keys = await redis.keys('*');
  const contents = await Promise.all(keys.map(async (key) => [key, ...(await read(redis, key))].join('\n')));
  return contents.join('\n');
}

async function read(redis: Redis, key: string): Promise<string[]> {
  const type = await redis.type(key);
  switch (type) {
    case 'string':
      return texts([await redis.getBuffer(key)]);
    case 'hash':
      return texts(Object.entries(await redis.hgetallBuffer(key)).flat());
    case 'set':
      return texts(await redis.smembersBuffer(key));
    case 'zset':
      return texts(await redis.zrangeBuffer(key, '0', '-1'));
    case 'stream':
      return texts((await redis.xrangeBuffer(key, '-', '+')).flatMap(([, fields]) => fields));
    case 'none':
      return []; // it has expired since
    default:
      throw new Error(`nobody reads a Redis ${type} here`);
  }
}

const texts = (values: readonly (Buffer | string | null)[]) =>
  values.flatMap((value) => (value === null ? [] : Buffer.from(value).toString('latin1')));
