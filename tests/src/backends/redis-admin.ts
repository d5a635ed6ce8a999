import { Redis } from 'ioredis';

const answerWithinMs = 2_000;

/** One short-lived connection that gives up at the first failure; for starting and probing, not for tests. */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: answerWithinMs,
    commandTimeout: answerWithinMs,
  });
  // A refused connection is told here only; the call that waits for it is told "Connection is closed".
  let lost: Error | undefined;
  redis.on('error', (error) => {
    lost ??= error;
  });
  try {
    await redis.connect();
    return await work(redis);
  } catch (error) {
    throw lost ?? error;
  } finally {
    redis.disconnect();
  }
}

/** The value of one line of `INFO` or `CLUSTER INFO`. */
export const infoLine = (info: string, name: string) =>
  info
    .split(/\r?\n/)
    .find((line) => line.startsWith(`${name}:`))
    ?.slice(name.length + 1);

/** Rejects when no Redis answers at the URL. */
export const probeRedis = (url: string): Promise<void> => withRedis(url, async (redis) => void (await redis.ping()));
