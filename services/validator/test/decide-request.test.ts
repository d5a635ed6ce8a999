import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { DecisionBatch } from '@keyward/contract/decisions';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { createHttpApp } from '@keyward/kit/http-app';
import { createLogger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import type { DecisionStore } from '@keyward/stores/ports/decision-store';
import { StoreAway } from '@keyward/stores/store-away';
import { expect, test } from 'vitest';
import { type Deciding, decideRequest } from '../src/decide-request.ts';
import { decisionRoutes } from '../src/routes/decisions.ts';
import { decidingOn, outcomeOf, playing, projectEnv, SeededShards } from './seeded-shards.ts';
import { ask, linesOf, post, serviceToken } from './validator-fixture.ts';

const away = () => Promise.reject(new StoreAway(new Error('connection lost')));
const methods = ['readServerKey', 'readEnvironment', 'readEnvironmentVersion', 'readKey', 'decide'] as const;

test.each(methods)(
  'a store that cannot be asked (%s) is unavailable, and the next request is answered',
  async (method) => {
    await using shards = await SeededShards.complete();
    let broken = true;
    const parts = { [method]: (...args: [never, never]) => (broken ? away() : shards.store[method](...args)) };
    const deciding = decidingOn(playing(shards.store, parts));
    const request = shards.request();
    expect(await decideRequest(deciding, request)).toEqual({ kind: 'unavailable', retryAfterSeconds: 1 });
    broken = false;
    expect(outcomeOf(await decideRequest(deciding, request))).toBe('ALLOWED');
    expect(await shards.events()).toHaveLength(1);
  },
);

test('a warm validator whose store goes away is unavailable for known, unknown and foreign requests', async () => {
  await using shards = await SeededShards.complete();
  const twin = playing(shards.store, {});
  const deciding = decidingOn(twin);
  expect(outcomeOf(await decideRequest(deciding, shards.request()))).toBe('ALLOWED');
  for (const method of methods) twin[method] = away;
  for (const fields of [
    {},
    { headers: { 'x-api-key': 'apikee_un.known' } },
    { projectEnv: 'another' },
    { serverKey: issueOpaqueKey('sk_live') },
  ]) {
    expect(outcomeOf(await decideRequest(deciding, shards.request(fields)))).toBe('unavailable');
  }
});

test('a shard that lost its projection is unavailable, also when the rest of it is warm', async () => {
  await using shards = await SeededShards.complete();
  const deciding = decidingOn(playing(shards.store, {}));
  expect(outcomeOf(await decideRequest(deciding, shards.request()))).toBe('ALLOWED');
  deciding.store.readKey = async () => ({ environmentVersion: undefined, record: undefined });
  deciding.store.decide = async () => ({ kind: 'incomplete' });
  deciding.store.readEnvironmentVersion = async () => undefined;
  for (const fields of [{}, { headers: { 'x-api-key': 'apikee_un.known' } }, { projectEnv: 'another' }]) {
    expect(outcomeOf(await decideRequest(deciding, shards.request(fields)))).toBe('unavailable');
  }
});

test('records that stay older than the versions end in unavailable, not in a verdict and not in a loop', async () => {
  await using shards = await SeededShards.complete();
  for (const subject of ['client', 'environment'] as const) {
    let asked = 0;
    const decide = async () => {
      asked += 1;
      return { kind: 'stale', subject, version: 99 } as const;
    };
    const deciding = decidingOn(playing(shards.store, { decide }));
    expect(outcomeOf(await decideRequest(deciding, shards.request()))).toBe('unavailable');
    expect(asked).toBe(16);
  }
});

test('a key without its shape is refused before its shard is asked', async () => {
  await using shards = await SeededShards.complete();
  const deciding = decidingOn(playing(shards.store, { readKey: away, decide: away }));
  for (const raw of [`apikee_${'a'.repeat(4_990)}.b`, 'apikee_', 'apikee_a', `myapp_${'a'.repeat(36)}`, '\0']) {
    const reply = await decideRequest(deciding, shards.request({ headers: { 'x-api-key': raw } }));
    expect(outcomeOf(reply), raw.slice(0, 20)).toBe('INVALID_KEY');
  }
});

test('a key that is made while an older question for it is still open is found', async () => {
  await using shards = await SeededShards.complete();
  const asked = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const readKey: DecisionStore['readKey'] = async (environmentId, digest) => {
    const lookup = await shards.store.readKey(environmentId, digest);
    asked.resolve();
    await held.promise;
    return lookup;
  };
  const deciding = decidingOn(playing(shards.store, { readKey }));
  const raw = 'apikee_made.locally';
  const early = decideRequest(deciding, shards.request({ headers: { 'x-api-key': raw } }));
  await asked.promise;
  await shards.changeKey({}, raw);
  const late = decideRequest(deciding, shards.request({ headers: { 'x-api-key': raw } }));
  held.resolve();
  expect([outcomeOf(await early), outcomeOf(await late)]).toEqual(['ALLOWED', 'ALLOWED']);
});

test('many requests that miss one key at once do not all ask the store', async () => {
  await using shards = await SeededShards.complete();
  let reads = 0;
  const readKey: DecisionStore['readKey'] = async (...args) => {
    reads += 1;
    await turn();
    return shards.store.readKey(...args);
  };
  const deciding = decidingOn(playing(shards.store, { readKey }));
  await decideRequest(deciding, shards.request({ headers: {} }));
  const burst = (headers?: Record<string, string>) =>
    Promise.all(Array.from({ length: 100 }, () => decideRequest(deciding, shards.request(headers ? { headers } : {}))));
  const known = (await burst()).map(outcomeOf);
  expect(known).toEqual(known.map(() => 'ALLOWED'));
  expect(reads).toBe(1);
  await burst({ 'x-api-key': 'apikee_un.known' });
  expect(reads).toBeLessThanOrEqual(3);
});

test('no answer after a change is by the state before it, while two validators are asked all the time', async () => {
  await using shards = await SeededShards.complete();
  const slow = (store: DecisionStore) =>
    playing(store, {
      readServerKey: async (...args) => later(() => store.readServerKey(...args)),
      readEnvironment: async (...args) => later(() => store.readEnvironment(...args)),
      readEnvironmentVersion: async (...args) => later(() => store.readEnvironmentVersion(...args)),
      readKey: async (...args) => later(() => store.readKey(...args)),
      decide: async (...args) => later(() => store.decide(...args)),
    });
  const validators = [decidingOn(slow(shards.store)), decidingOn(slow(shards.store))];
  await using stack = new AsyncDisposableStack();
  let running = true;
  const askAllTheTime = async (deciding: Deciding) => {
    while (running) await Promise.all([1, 2, 3].map(() => later(() => decideRequest(deciding, shards.request()))));
  };
  const noise = validators.map(askAllTheTime);
  stack.defer(async () => {
    running = false;
    await Promise.all(noise);
  });
  const states = [
    { change: () => shards.changeKey({}), expected: 'ALLOWED' },
    { change: () => shards.changeEnvironment({ status: 'disabled' }), expected: 'ENVIRONMENT_DISABLED' },
    { change: () => shards.changeEnvironment({ projectEnv: 'renamed' }), expected: 'ENVIRONMENT_UNKNOWN' },
    { change: () => shards.changeEnvironment({}), expected: 'ALLOWED' },
    { change: () => shards.changeKey({ clientStatus: 'disabled' }), expected: 'CLIENT_DISABLED' },
    { change: () => shards.changeKey({ status: 'revoked' }), expected: 'REVOKED' },
  ] as const;
  for (let round = 0; round < 40; round++) {
    for (const { change, expected } of states) {
      await change();
      const replies = await Promise.all(
        validators.map((deciding) => decideRequest(deciding, shards.request({ projectEnv }))),
      );
      expect(replies.map(outcomeOf), `round ${round}`).toEqual([expected, expected]);
    }
  }
});

/** Each way takes a turn of the event loop, so that reads and changes overlap. */
async function later<T>(ask: () => Promise<T>): Promise<T> {
  await turn();
  const answer = await ask();
  await turn();
  return answer;
}

/** The route alone, on a store that the test plays. */
async function serve(store: DecisionStore) {
  const logger = createLogger({ service: 'test', level: 'silent', schemas: [DecisionBatch] });
  const app = createHttpApp({
    logger,
    bodyLimitBytes: 2 ** 20,
    isServiceCall: () => false,
    isAway: () => false,
    ready: async () => true,
  });
  decisionRoutes(app, decidingOn(store), serviceToken);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo; // listening on TCP
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => app.close() };
}

test('a request that hangs in its shard does not delay the others of its batch', async () => {
  await using shards = await SeededShards.complete();
  const slowClient = newId();
  await shards.changeKey({ clientId: slowClient }, 'apikee_sl.ow');
  const released = Promise.withResolvers<void>();
  const decide: DecisionStore['decide'] = async (command) => {
    if (command.clientId === slowClient) await released.promise;
    return shards.store.decide(command);
  };
  await using server = await serve(playing(shards.store, { decide }));
  const slow = shards.request({ headers: { 'x-api-key': 'apikee_sl.ow' } });
  const lines = linesOf(await post(server.url, [slow, shards.request(), shards.request()]));
  const first = [await lines.next(), await lines.next()].map(({ value }) => value?.i);
  expect(first.toSorted()).toEqual([1, 2]);
  released.resolve();
  expect((await lines.next()).value).toMatchObject({ i: 0, reply: { verdict: 'ALLOWED', clientId: slowClient } });
  expect((await lines.next()).done).toBe(true);
});

test('a fault in one request of a batch leaves it unavailable and the others answered', async () => {
  await using shards = await SeededShards.complete();
  const faulty = shards.request();
  const decide: DecisionStore['decide'] = async (command) => {
    if (command.eventId === faulty.eventId) throw new TypeError('a fault of ours');
    return shards.store.decide(command);
  };
  await using server = await serve(playing(shards.store, { decide }));
  const replies = await ask(server.url, [shards.request(), faulty, shards.request()]);
  expect(replies.map(outcomeOf)).toEqual(['ALLOWED', 'unavailable', 'ALLOWED']);
});

test('a caller that hangs up in the middle of a batch harms nobody', async () => {
  await using shards = await SeededShards.complete();
  const released = Promise.withResolvers<void>();
  const decide: DecisionStore['decide'] = async (command) => {
    if (command.replayId === 'slow') await released.promise;
    return shards.store.decide(command);
  };
  await using server = await serve(playing(shards.store, { decide }));
  const lines = linesOf(await post(server.url, [shards.request({ replayId: 'slow' }), shards.request()]));
  await lines.next();
  await lines.return(undefined);
  released.resolve();
  expect((await ask(server.url, [shards.request()])).map(outcomeOf)).toEqual(['ALLOWED']);
  expect(await shards.events()).toHaveLength(3);
});
