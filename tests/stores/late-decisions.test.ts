import type { DecideCommand } from '@keyward/stores/ports/decision-store';
import { redisKeys } from '@keyward/stores/redis/keys';
import { RedisDecisionStore } from '@keyward/stores/redis/redis-decision-store';
import { StoreAway } from '@keyward/stores/store-away';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { withRedis } from '@keyward/tests/backends/redis-admin';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideCommand, openShards, outboxEntries, type ShardsUnderTest, seedClient } from './shards-under-test.ts';

const giveUpMs = 150;
const limit = 10;

/** On a Redis of its own, which these tests freeze with a decision on its way. */
describe('a decision that Redis comes to when its caller has given up [redis]', () => {
  const running = new AsyncDisposableStack();
  let redis: NativeServer;
  let shards: ShardsUnderTest;
  let store: RedisDecisionStore;

  beforeAll(async () => {
    redis = await startNativeRedis();
    running.defer(() => redis.stop());
    shards = running.use(await openShards(redis.url));
    store = running.use(await RedisDecisionStore.open(redis.url, { giveUpMs }));
  });
  afterAll(() => running.disposeAsync());

  const allowed = (used: number) => ({
    kind: 'decided',
    verdict: 'ALLOWED',
    limits: [expect.objectContaining({ subject: 'client', remaining: limit - used })],
  });
  /** Sends the decision to a Redis that is frozen until the caller has given up. */
  async function decideLate(command: DecideCommand, by = store): Promise<unknown> {
    redis.freeze();
    try {
      const late = by.decide(command).catch((error: unknown) => error);
      const endMs = performance.now() + 3 * giveUpMs;
      await waitUntil(() => performance.now() >= endMs, { what: 'the caller to give up', timeoutMs: 5_000 });
      redis.thaw();
      return await late;
    } finally {
      redis.thaw();
    }
  }

  it('does nothing, and the next is decided', async () => {
    const { environmentId, clientId } = await seedClient(shards.projection);
    const before = (await outboxEntries(shards.outbox)).length;
    const decision = () => decideCommand({ environmentId, clientId, clientLimits: { month: limit } });
    expect(await store.decide(decision())).toEqual(allowed(1));
    const late = { ...decision(), replayId: 'envelope' };
    expect(await decideLate(late)).toBeInstanceOf(StoreAway);
    expect(await store.decide(decision()), 'the next').toEqual(allowed(2));
    expect(await outboxEntries(shards.outbox)).toHaveLength(before + 2);
    const entries = ['envelope', late.eventId].map((id) => redisKeys.entry(clientId, id));
    expect(await withRedis(redis.url, (operator) => operator.exists(...entries))).toBe(0);
    expect(await store.decide(late), 'its retry').toEqual(allowed(3));
    expect(await outboxEntries(shards.outbox)).toHaveLength(before + 3);
  });

  it('does nothing, although the process never asked that shard before', async () => {
    const { environmentId, clientId } = await seedClient(shards.projection);
    const before = (await outboxEntries(shards.outbox)).length;
    await using fresh = await RedisDecisionStore.open(redis.url, { giveUpMs });
    const decision = () => decideCommand({ environmentId, clientId, clientLimits: { month: limit } });
    expect(await decideLate(decision(), fresh)).toBeInstanceOf(StoreAway);
    expect(await outboxEntries(shards.outbox)).toHaveLength(before);
    expect(await fresh.decide(decision())).toEqual(allowed(1));
  });
});
