import { defaultSettings } from '@keyward/contract/settings';
import { expect, test } from 'vitest';
import { decideRequest } from '../src/decide-request.ts';
import { relayedRefusals } from './relayed-refusals.ts';
import { countedRefusals, decidingOn, outcomeOf, playing, SeededShards } from './seeded-shards.ts';
import { ask, startValidator } from './validator-fixture.ts';

const notNeeded = () => Promise.reject(new Error('this call is not needed'));
const unknown = { headers: { 'x-api-key': 'apikee_un.known' } };

test('each request of an unknown key is counted, also of many that share one read', async () => {
  await using shards = await SeededShards.complete();
  const deciding = decidingOn(shards.store);
  const replies = await Promise.all(
    Array.from({ length: 200 }, () => decideRequest(deciding, shards.request(unknown))),
  );
  expect(new Set(replies.map(outcomeOf))).toEqual(new Set(['INVALID_KEY']));
  expect(await countedRefusals(shards, shards.environmentId)).toEqual({ INVALID_KEY: 200 });
  expect(await shards.events()).toEqual([]);
});

test('a request of an unknown key costs one read and one script, and nothing else', async () => {
  await using shards = await SeededShards.complete();
  const calls: string[] = [];
  const store = playing(shards.store, {
    readKey: (...key) => {
      calls.push('read');
      return shards.store.readKey(...key);
    },
    refuseUnknown: (key) => {
      calls.push('script');
      return shards.store.refuseUnknown(key);
    },
  });
  const deciding = decidingOn(store);
  await decideRequest(deciding, shards.request(unknown));
  for (const method of ['readServerKey', 'readEnvironment', 'readEnvironmentVersion', 'decide'] as const) {
    store[method] = notNeeded;
  }
  calls.length = 0;
  expect(outcomeOf(await decideRequest(deciding, shards.request(unknown)))).toBe('INVALID_KEY');
  expect(calls).toEqual(['read', 'script']);
});

const refusedBefore = [
  { code: 'MISSING_KEY', fields: { headers: {} } },
  { code: 'INVALID_KEY', fields: { headers: { 'x-api-key': 'garbage' } } },
  { code: 'ENVIRONMENT_UNKNOWN', fields: { projectEnv: 'another' } },
  { code: 'ENCRYPTION_REQUIRED', fields: {}, settings: { encryption: 'required' as const } },
];

test.each(refusedBefore)(
  'a refusal before the key is looked up ($code) is counted while the process runs',
  async (each) => {
    await using shards = await SeededShards.complete();
    await shards.changeEnvironment({ settings: { ...defaultSettings, ...each.settings } });
    await using relayed = await relayedRefusals(shards);
    await using validator = await startValidator(shards);
    const batch = Array.from({ length: 5 }, () => shards.request(each.fields));
    expect((await ask(validator.url, batch)).map(outcomeOf)).toEqual(Array(5).fill(each.code));
    await expect
      .poll(async () => sumOf(await countedRefusals(shards, shards.environmentId), relayed.counts), {
        timeout: 3_000,
        interval: 20,
      })
      .toEqual({ [each.code]: 5 });
  },
);

test('a refusal before the key is looked up is in the log when the process has stopped', async () => {
  await using shards = await SeededShards.complete();
  await using relayed = await relayedRefusals(shards);
  const validator = await startValidator(shards);
  await ask(validator.url, [shards.request({ headers: {} })]);
  await validator[Symbol.asyncDispose]();
  await expect.poll(() => relayed.counts).toEqual({ MISSING_KEY: 1 });
});

function sumOf(...counts: Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [code, count] of counts.flatMap(Object.entries<number>)) sum[code] = (sum[code] ?? 0) + count;
  return sum;
}
