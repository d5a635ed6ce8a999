import { newId } from '@keyward/kit/random';
import type { DecisionStore, RefusalBatch } from '@keyward/stores/ports/decision-store';
import { StoreAway } from '@keyward/stores/store-away';
import { expect, test } from 'vitest';
import { RefusalCounts } from '../src/refusal-counts.ts';
import { countedRefusals, playing, SeededShards } from './seeded-shards.ts';

type Send = DecisionStore['countRefusals'];

/** Counts on shards in memory, by a way there that the test plays. */
async function countingOn(way: (send: Send) => Send) {
  const shards = await SeededShards.complete();
  const send: Send = (batch) => shards.store.countRefusals(batch);
  const warnings: unknown[] = [];
  const store = playing(shards.store, { countRefusals: way(send) });
  const counts = new RefusalCounts({ store, warn: (error) => warnings.push(error) });
  const { environmentId } = shards;
  return {
    ...{ counts, environmentId, warnings },
    counted: () => countedRefusals(shards, environmentId),
    [Symbol.asyncDispose]: () => shards[Symbol.asyncDispose](),
  };
}

const away = () => new StoreAway(new Error('connection lost'));

test('what the store does not take is kept, and is counted once it does', async () => {
  let isAway = true;
  await using counting = await countingOn((send) => async (batch) => {
    if (isAway) throw away();
    await send(batch);
  });
  const { counts, environmentId, counted, warnings } = counting;
  counts.add(environmentId, 'MISSING_KEY');
  counts.add(environmentId, 'INVALID_KEY');
  await counts.flush();
  counts.add(environmentId, 'MISSING_KEY');
  await counts.flush();
  expect(await counted()).toEqual({});
  expect(warnings).toHaveLength(2);
  isAway = false;
  await counts.flush();
  await counts.flush();
  expect(await counted()).toEqual({ MISSING_KEY: 2, INVALID_KEY: 1 });
});

test('what the store took without an answer is not counted twice', async () => {
  let answers = false;
  await using counting = await countingOn((send) => async (batch) => {
    await send(batch);
    if (!answers) throw away();
  });
  const { counts, environmentId, counted } = counting;
  for (let round = 0; round < 3; round += 1) {
    counts.add(environmentId, 'MISSING_KEY');
    await counts.flush();
  }
  answers = true;
  counts.add(environmentId, 'MISSING_KEY');
  await counts.flush();
  expect(await counted()).toEqual({ MISSING_KEY: 4 });
});

test('an environment whose shard is away delays no other', async () => {
  const gone = newId();
  await using counting = await countingOn((send) => async (batch) => {
    if (batch.environmentId === gone) throw away();
    await send(batch);
  });
  const { counts, environmentId, counted } = counting;
  counts.add(gone, 'MISSING_KEY');
  counts.add(environmentId, 'MISSING_KEY');
  await counts.flush();
  expect(await counted()).toEqual({ MISSING_KEY: 1 });
});

test('nothing is lost that is counted while the process stops', async () => {
  const sent: RefusalBatch[] = [];
  const begun = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  await using counting = await countingOn((send) => async (batch) => {
    sent.push(batch);
    begun.resolve();
    await released.promise;
    await send(batch);
  });
  const { counts, environmentId, counted } = counting;
  counts.add(environmentId, 'MISSING_KEY');
  const running = counts.start();
  await begun.promise;
  counts.add(environmentId, 'MISSING_KEY');
  const stopped = running[Symbol.asyncDispose]();
  released.resolve();
  await stopped;
  expect(await counted()).toEqual({ MISSING_KEY: 2 });
  expect(sent).toHaveLength(2);
});
