import { refusalSummaryType } from '@keyward/contract/refusal-summary';
import type { Refusal } from '@keyward/contract/verdict';
import { newId } from '@keyward/kit/random';
import type { UnknownKey } from '@keyward/stores/ports/decision-store';
import type { Outbox, OutboxEntry } from '@keyward/stores/ports/outbox';
import { type RefusalCount, refusalCounters } from '@keyward/stores/refusal-counters';
import { allShards } from '@keyward/stores/shards';
import { describeRedisBackends } from '@keyward/tests/backends/describe-backends';
import { expect, it } from 'vitest';
import { keyRecord, openShards, outboxEntries, type ShardsUnderTest, seedClient } from './shards-under-test.ts';

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
    expect(await outboxEntries(one.outbox)).toEqual([]);
    expect(await refusalsOf(one, first.environmentId)).toEqual({ INVALID_KEY: 302, MISSING_KEY: 7 });
    expect(await refusalsOf(one, second.environmentId)).toEqual({ INVALID_KEY: 100 });
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
    expect(await refusalsOf(shards, environmentId, minutes)).toEqual({ INVALID_KEY: 1, MISSING_KEY: 1 });
    expect(await refusalsOf(shards, environmentId, [before - 1])).toEqual({});
  });

  it('are counted once when a sender brings the same batch again', async () => {
    const url = await backend.url();
    await using shards = await openShards(url);
    const { environmentId } = await seedClient(shards.projection);
    const counts = new Map([['MISSING_KEY', 3]] as const);
    const batch = { environmentId, counts };
    for (const number of [1, 1, 2, 2, 1, 5]) await shards.store.countRefusals({ sender: 'a', number, ...batch });
    expect(await refusalsOf(shards, environmentId)).toEqual({ MISSING_KEY: 9 });
    await shards.store.countRefusals({ sender: 'b', number: 1, ...batch });
    expect(await refusalsOf(shards, environmentId)).toEqual({ MISSING_KEY: 12 });
  });

  it('leave for the log once each, however many flush at once while others are counted', async () => {
    const url = await backend.url();
    await using one = await openShards(url);
    await using two = await openShards(url);
    const { environmentId } = await seedClient(one.projection);
    const flushing = { newId, present: true };
    const refuse = async () => {
      for (let i = 0; i < 100; i++) await one.store.refuseUnknown(unknownKey(environmentId));
    };
    const flush = async (outbox: Outbox) => {
      for (let i = 0; i < 20; i++) await outbox.flushRefusals(allShards, flushing);
    };
    await Promise.all([refuse(), refuse(), flush(one.outbox), flush(two.outbox), flush(two.outbox)]);
    expect(await refusalsOf(one, environmentId)).toEqual({ INVALID_KEY: 200 });
    expect(await one.outbox.flushRefusals(allShards, flushing)).toBe(0);
  });

  it('wait until their minute is over', async () => {
    await using shards = await openShards(await backend.url());
    const { environmentId } = await seedClient(shards.projection);
    for (;;) {
      const minute = refusalCounters.minuteOf(Date.now());
      await shards.store.refuseUnknown(unknownKey(environmentId));
      const summaries = await shards.outbox.flushRefusals(allShards, { newId });
      if (refusalCounters.minuteOf(Date.now()) !== minute) continue; // it was over meanwhile
      expect(summaries).toBe(0);
      break;
    }
    expect((await refusalsOf(shards, environmentId)).INVALID_KEY).toBeGreaterThan(0);
  });

  it('leave no outbox that has no name to be accounted for by', async () => {
    await using shards = await openShards(await backend.url());
    const environmentId = newId();
    const counts = new Map([['INVALID_KEY' as const, 2]]);
    await shards.store.countRefusals({ sender: 'a', number: 1, environmentId, counts });
    await shards.outbox.flushRefusals(allShards, { newId, present: true });
    expect((await outboxEntries(shards.outbox)).filter(({ incarnation }) => incarnation === '')).toEqual([]);
    await shards.projection.completeRebuild(await shards.projection.beginRebuild());
    await shards.outbox.flushRefusals(allShards, { newId, present: true });
    expect(await outboxEntries(shards.outbox)).toHaveLength(1);
  });

  it('leave in summaries of bounded size', async () => {
    await using shards = await openShards(await backend.url());
    const { environmentId } = await seedClient(shards.projection);
    const digests = Array.from(
      { length: 2_500 },
      (_, i) =>
        `C_${'ABCDEFGHIJ'[i % 10]}${'ABCDEFGHIJ'.at(Math.floor(i / 10) % 10)}${'ABCDEFGHIJ'.at(Math.floor(i / 100) % 10)}${'ABC'.at(Math.floor(i / 1_000))}`,
    );
    const counts = new Map(digests.map((code) => [code as Refusal, 1])); // any code that fits its pattern
    await shards.store.countRefusals({ sender: 'a', number: 1, environmentId, counts });
    expect(await shards.outbox.flushRefusals(allShards, { newId, present: true })).toBe(3);
    const left = await outboxEntries(shards.outbox);
    expect(summarised(left)).toHaveLength(2_500);
    expect(new Set(left.map(({ event }) => event.type))).toEqual(new Set([refusalSummaryType]));
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
    expect([await refusalsOf(shards, environmentId), await refusalsOf(shards, lost)]).toEqual([{}, {}]);
  });
});

/** What left for the log of an environment's refusals, by code: of these minutes, or of any. */
async function refusalsOf(
  { outbox }: ShardsUnderTest,
  environmentId: string,
  minutes?: readonly number[],
): Promise<Record<string, number>> {
  await outbox.flushRefusals(allShards, { newId, present: true });
  const counted: Record<string, number> = {};
  for (const { environmentId: of, minuteMs, code, count } of summarised(await outboxEntries(outbox))) {
    if (of !== environmentId || (minutes && !minutes.includes(refusalCounters.minuteOf(minuteMs)))) continue;
    counted[code] = (counted[code] ?? 0) + count;
  }
  return counted;
}

function summarised(entries: readonly OutboxEntry[]): RefusalCount[] {
  return entries.flatMap(({ event }) => (event.type === refusalSummaryType ? event.data.counts : []));
}
