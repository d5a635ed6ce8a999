import { newId } from '@keyward/kit/random';
import { memoryShards } from '@keyward/stores/memory/memory-shards';
import type { UnknownKey } from '@keyward/stores/ports/decision-store';
import { connectRedis, untilConnected } from '@keyward/stores/redis/connection';
import { redisKeys } from '@keyward/stores/redis/keys';
import { refusalCounters } from '@keyward/stores/refusal-counters';
import { allShards } from '@keyward/stores/shards';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { keyRecord, openShards, outboxEntries, seedClient } from './shards-under-test.ts';

describeRedisBackends('refusals that make no event', (backend) => {
  const unknownKey = (environmentId: string, fields: Partial<UnknownKey> = {}): UnknownKey => ({
    environmentId,
    environmentVersion: 1,
    digest: newId(),
    code: 'INVALID_KEY',
    ...fields,
  });

  it('are counted each, by environment and code, whatever connection they come by', async () => {
    const url = await backend.url();
    await using one = await openShards(url);
    await using two = await openShards(url);
    const first = await seedClient(one.projection);
    const second = await seedClient(one.projection);
    const refuse = (environmentId: string, i: number) =>
      (i % 2 === 0 ? one : two).store.refuseUnknown(unknownKey(environmentId, i % 3 === 0 ? { digest: 'same' } : {}));
    const asked = [
      ...Array.from({ length: 300 }, (_, i) => refuse(first.environmentId, i)),
      ...Array.from({ length: 100 }, (_, i) => refuse(second.environmentId, i)),
    ];
    expect(new Set((await Promise.all(asked)).map(({ kind }) => kind))).toEqual(new Set(['counted']));
    const counts = new Map([
      ['MISSING_KEY', 7],
      ['INVALID_KEY', 2],
    ] as const);
    await one.store.countRefusals({ sender: 'a', number: 1, environmentId: first.environmentId, counts });
    expect(await refusalsOf(url, first.environmentId)).toEqual({ INVALID_KEY: 302, MISSING_KEY: 7 });
    expect(await refusalsOf(url, second.environmentId)).toEqual({ INVALID_KEY: 100 });
    expect(await outboxEntries(one.outbox)).toEqual([]);
  });

  it('are counted in the minute in which they come', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    const { environmentId } = await seedClient(shards.projection);
    const before = refusalCounters.minuteOf(Date.now());
    await shards.store.refuseUnknown(unknownKey(environmentId));
    const counts = new Map([['MISSING_KEY', 1]] as const);
    await shards.store.countRefusals({ sender: 'a', number: 1, environmentId, counts });
    const minutes = [before, refusalCounters.minuteOf(Date.now())];
    expect(await refusalsOf(url, environmentId, minutes)).toEqual({ INVALID_KEY: 1, MISSING_KEY: 1 });
    expect(await refusalsOf(url, environmentId, [before - 1])).toEqual({});
  });

  it('are counted once when a sender brings the same batch again', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    const { environmentId } = await seedClient(shards.projection);
    const counts = new Map([['MISSING_KEY', 3]] as const);
    const batch = { environmentId, counts };
    for (const number of [1, 1, 2, 2, 1, 5]) await shards.store.countRefusals({ sender: 'a', number, ...batch });
    expect(await refusalsOf(url, environmentId)).toEqual({ MISSING_KEY: 9 });
    await shards.store.countRefusals({ sender: 'b', number: 1, ...batch });
    expect(await refusalsOf(url, environmentId)).toEqual({ MISSING_KEY: 12 });
  });

  it('are not counted of a key that has become known, nor by an environment that is out of date or lost', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    const { store, projection } = shards;
    const { environmentId } = await seedClient(projection);
    const known = unknownKey(environmentId);
    await projection.putKeys(environmentId, [{ digest: known.digest, record: keyRecord() }]);
    expect(await store.refuseUnknown(known)).toEqual({ kind: 'known' });
    await projection.putEnvironmentVersion(environmentId, 4);
    const stale = { kind: 'stale', subject: 'environment', version: 4 };
    expect(await store.refuseUnknown(unknownKey(environmentId))).toEqual(stale);
    const lost = newId();
    expect(await store.refuseUnknown(unknownKey(lost))).toEqual({ kind: 'incomplete' });
    expect([await refusalsOf(url, environmentId), await refusalsOf(url, lost)]).toEqual([{}, {}]);
  });
});

/** What was counted for an environment, by code: in these minutes, or in the last ones. */
async function refusalsOf(
  url: string,
  environmentId: string,
  minutes: readonly number[] = lastMinutes(),
): Promise<Record<string, number>> {
  const fields = url.startsWith('memory:') ? await memoryFields(url, minutes) : await redisFields(url, minutes);
  const counted: Record<string, number> = {};
  for (const [field, count] of fields) {
    const [of, code = ''] = field.split('|');
    if (of === environmentId) counted[code] = (counted[code] ?? 0) + count;
  }
  return counted;
}

function lastMinutes(): number[] {
  const minute = refusalCounters.minuteOf(Date.now());
  return Array.from({ length: 5 }, (_, i) => minute - i);
}

async function memoryFields(url: string, minutes: readonly number[]): Promise<[string, number][]> {
  await using shared = await memoryShards.acquire(url);
  return [...new Set(minutes)].flatMap((minute) => [...(shared.instance.refusals.get(minute) ?? [])]);
}

async function redisFields(url: string, minutes: readonly number[]): Promise<[string, number][]> {
  const redis = connectRedis(url);
  try {
    await untilConnected(redis, 5_000);
    const keys = [...new Set(minutes)].flatMap((minute) => allShards.map((shard) => redisKeys.refusals(shard, minute)));
    const hashes = await Promise.all(keys.map((key) => redis.hgetall(key)));
    return hashes.flatMap((hash) =>
      Object.entries(hash).map(([field, count]): [string, number] => [field, Number(count)]),
    );
  } finally {
    redis.disconnect();
  }
}
