import { newId } from '@keyward/kit/random';
import { redisKeys } from '@keyward/stores/redis/keys';
import { allShards, shardOf } from '@keyward/stores/shards';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openShards, type ShardsUnderTest } from './shards-under-test.ts';

/** What a shard's marks say after a Redis has lost its data, or comes back with old ones. */
describe('shards of a Redis of their own [redis]', () => {
  let redis: NativeServer;
  let operator: Redis;
  let shards: ShardsUnderTest;

  beforeAll(async () => {
    redis = await startNativeRedis();
  });
  beforeEach(async () => {
    operator = new Redis(redis.url);
    operator.on('error', () => undefined);
    await operator.flushall();
    shards = await openShards(redis.url);
  });
  afterEach(async () => {
    operator.disconnect();
    await shards[Symbol.asyncDispose]();
  });
  afterAll(() => redis?.stop());

  const complete = async () => shards.projection.completeRebuild(await shards.projection.beginRebuild());
  const untilReady = () =>
    waitUntil(() => shards.projection.ready(), { what: 'Redis to answer again', timeoutMs: 10_000 });
  const versionIn = (shard: number, environmentId: string) =>
    operator.get(redisKeys.environmentVersion(shard, environmentId));

  it('do not count as complete on a process that started with what it had saved, until they are written again', async () => {
    await complete();
    expect(await shards.projection.isComplete()).toBe(true);
    await operator.save();
    await redis.kill();
    await redis.restart();
    await untilReady();
    expect(await operator.exists(redisKeys.projected(7))).toBe(1);
    expect(await shards.projection.isComplete()).toBe(false);
    expect(await complete()).toBe(true);
    expect(await shards.projection.isComplete()).toBe(true);
  });

  it('are not marked by a rebuild that another process has overtaken', async () => {
    const begun = await shards.projection.beginRebuild();
    await operator.save();
    await redis.kill();
    await redis.restart();
    await untilReady();
    expect(await shards.projection.completeRebuild(begun)).toBe(false);
    expect(await shards.projection.isComplete()).toBe(false);
  });

  it('say since when they hold an environment that is written into them anew, also after its next change', async () => {
    const environmentId = newId();
    const earliestMs = Date.now();
    await shards.projection.putEnvironmentVersion(environmentId, 5);
    await complete();
    await shards.projection.putEnvironmentVersion(environmentId, 6);
    for (const shard of allShards) {
      const [version, since] = (await versionIn(shard, environmentId))?.split('|') ?? [];
      expect(version).toBe('6');
      expect(Number(since)).toBeGreaterThanOrEqual(earliestMs);
      expect(Number(since)).toBeLessThanOrEqual(Date.now());
    }
    expect(await shards.store.readEnvironmentVersion(environmentId)).toBe(6);
    const made = newId();
    await shards.projection.putEnvironmentVersion(made, 5);
    expect(await versionIn(0, made)).toBe('5');
  });

  it('say which clients were written into them anew', async () => {
    const [lost, made] = [newId(), newId()];
    await shards.projection.putClientVersion(lost, 1);
    await complete();
    await shards.projection.putClientVersion(lost, 2);
    await shards.projection.putClientVersion(made, 1);
    expect(await operator.hgetall(redisKeys.client(lost))).toEqual({ v: '2', s: '1' });
    expect(await operator.hgetall(redisKeys.client(made))).toEqual({ v: '1' });
    expect(await operator.zcard(redisKeys.unseeded(shardOf(lost)))).toBe(1);
  });
});
