import { DecisionRequest } from '@keyward/contract/decisions';
import { createLogger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import { openDecisionStore, openProjectionStore } from '@keyward/stores/open-shards';
import type { DecideCommand, DecisionStore } from '@keyward/stores/ports/decision-store';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { redisKeys } from '@keyward/stores/redis/keys';
import { allShards, shardOf } from '@keyward/stores/shards';
import { StoreAway } from '@keyward/stores/store-away';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import type { NativeServer } from '@keyward/tests/backends/native-server';
import { startNativeRedis } from '@keyward/tests/backends/redis-server';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const clientId = newId();
const command = (): DecideCommand => ({
  environmentId: newId(),
  clientId,
  environmentVersion: 1,
  clientVersion: 1,
  eventId: newId(),
  replayId: undefined,
  requestedAtMs: 0,
  toleranceMs: 0,
  verdict: 'ALLOWED',
  cost: 1,
  keyFamilyId: 'f',
  keyLimits: {},
  clientLimits: {},
  environmentLimits: {},
  isUse: true,
  tellsUses: false,
  event: '{}',
});

describeRedisBackends('a probe', (backend) => {
  it('tells of each shard whether its projection is complete', async () => {
    const url = await backend.url();
    await using store = await openDecisionStore(url);
    await using projection = await openProjectionStore(url);
    // A Redis that nobody has confirmed yet is away.
    const isWhole = (shard: number) =>
      store.probe(shard).catch((error) => {
        if (!(error instanceof StoreAway)) throw error;
        return false;
      });
    const probes = () => Promise.all(allShards.map(isWhole));
    expect(new Set(await probes())).toEqual(new Set([false]));
    await projection.completeRebuild(await projection.beginRebuild());
    expect(new Set(await probes())).toEqual(new Set([true]));
  });
});

/** On a Redis of its own, which these tests bring into states where it answers, but cannot decide. */
describe('a Redis that says no [real]', () => {
  let redis: NativeServer;
  let operator: Redis;
  let store: DecisionStore;
  let projection: ProjectionStore;

  beforeAll(async () => {
    redis = await startNativeRedis();
    operator = new Redis(redis.url);
    store = await openDecisionStore(redis.url);
    projection = await openProjectionStore(redis.url);
    await projection.completeRebuild(await projection.beginRebuild());
  });
  afterAll(async () => {
    await store?.[Symbol.asyncDispose]();
    await projection?.[Symbol.asyncDispose]();
    operator?.disconnect();
    await redis?.stop();
  });
  afterEach(async () => {
    await operator.config('SET', 'maxmemory', '0');
    await operator.config('SET', 'min-replicas-to-write', '0');
    await operator.config('SET', 'replica-serve-stale-data', 'yes');
    await operator.replicaof('NO', 'ONE');
    await waitUntil(() => store.probe(0), { what: 'the store to be back', timeoutMs: 5_000 });
  });

  it.each([
    ['out of memory', () => operator.config('SET', 'maxmemory', '1')],
    ['with too few replicas', () => operator.config('SET', 'min-replicas-to-write', '1')],
    ['made a replica', () => operator.replicaof('127.0.0.1', 1)],
    [
      'made a replica that has lost its master',
      async () => {
        await operator.config('SET', 'replica-serve-stale-data', 'no');
        await operator.replicaof('127.0.0.1', 1);
      },
    ],
  ])('%s: away for a decision, and for the probe as well', async (_, change) => {
    await change();
    await expect(store.decide(command())).rejects.toBeInstanceOf(StoreAway);
    await expect(store.probe(0)).rejects.toBeInstanceOf(StoreAway);
  });

  it('of an envelope from before a shard was lost: whether it came then cannot be told', async () => {
    const [environmentId, lost] = [newId(), newId()];
    await operator.hset(redisKeys.client(lost), 'v', 1);
    await operator.set(redisKeys.environmentVersion(shardOf(lost), environmentId), '1|2000');
    const decide = (fields: Partial<DecideCommand>) =>
      store.decide({ ...command(), environmentId, clientId: lost, verdict: 'REVOKED', ...fields });
    expect(await decide({ requestedAtMs: 1_999, replayId: newId() })).toEqual({ kind: 'predates' });
    expect(await decide({ requestedAtMs: 2_000, replayId: newId() })).toMatchObject({ kind: 'decided' });
    expect(await decide({ requestedAtMs: 1_999 })).toMatchObject({ kind: 'decided' });
  });

  it('and means a fault of ours: no outage, and thrown as what it is', async () => {
    await operator.set(redisKeys.client(clientId), 'not a hash');
    const refused = store.decide(command());
    await expect(refused).rejects.toThrow(/WRONGTYPE/);
    await expect(refused).rejects.not.toBeInstanceOf(StoreAway);
    expect(await store.probe(0)).toBe(true);
  });

  it.each([
    ['a fault of ours', () => operator.set(redisKeys.client(clientId), 'not a hash')],
    ['an outage', () => operator.config('SET', 'maxmemory', '1')],
  ])('and when that is logged as %s, nothing of what was asked is', async (_, change) => {
    await store.decide(command()).catch(() => undefined);
    await change();
    const lines: string[] = [];
    const destination = { write: (line: string) => lines.push(line) };
    const logger = createLogger({ service: 'test', level: 'info', schemas: [DecisionRequest], destination });
    const caller = { callerIp: '203.0.113.7', userAgent: 'agent/1', methodPath: 'GET:/v1/secret' };
    const error: unknown = await store
      .decide({ ...command(), event: JSON.stringify(caller) })
      .catch((reason) => reason);
    expect(error).toBeInstanceOf(Error);
    logger.error({ err: error }, 'as the serializer of errors prints it');
    logger.error({ error, cause: error instanceof Error ? error.cause : undefined }, 'with all that it carries');
    expect(lines).toHaveLength(2);
    for (const text of [...Object.values(caller), clientId, '"args"']) expect(lines.join()).not.toContain(text);
  });

  it('and fails before it has written anything of a version that it raises', async () => {
    const environmentId = newId();
    await projection.putEnvironmentVersion(environmentId, 1);
    const budgets = allShards.map((shard) => redisKeys.budget(shard, environmentId));
    for (const budget of budgets) await operator.hset(budget, 'not', 'a string');
    await expect(projection.putEnvironmentVersion(environmentId, 2)).rejects.toThrow(/WRONGTYPE/);
    const keys = allShards.map((shard) => redisKeys.environmentVersion(shard, environmentId));
    expect(new Set(await operator.mget(keys))).toEqual(new Set(['1']));
    await operator.del(budgets);
    await projection.putEnvironmentVersion(environmentId, 2);
    expect(new Set(await operator.mget(keys))).toEqual(new Set(['2']));
  });
});
