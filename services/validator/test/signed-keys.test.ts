import { Writable } from 'node:stream';
import { DecisionBatch } from '@keyward/contract/decisions';
import { issueSignedKey } from '@keyward/keyformat/signed-key';
import { createLogger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import { memoryShards } from '@keyward/stores/memory/memory-shards';
import { expect, test } from 'vitest';
import { ValidatorConfig } from '../src/config.ts';
import { decideRequest } from '../src/decide-request.ts';
import { decidingOn, digestOf, outcomeOf, SeededShards, sealedSecret } from './seeded-shards.ts';
import { ask, startValidator } from './validator-fixture.ts';

const secret = 'test-secret';

/** wire.md §1: all signed with `test-secret`, all for `acme`. */
const vectors = {
  'v0, JSON':
    'apikee_MAxKPgAhV75lJgTIYG22XKrCz4xQ6vvToJOYf6lfMHlEF24FA27x74j9g3HA7EUBFJbHVoSlZ8jkHl.BC9fyuIWYvilJPnoVul93Sh8X1SGBYHzWvpeEN1JLOX',
  'v16, a signature with a leading zero byte':
    'apikee_1TZEyI28BcTHpdTtzphUiBlsD8fdFEqrkgTX0hcd3qJ98t0fNNz4vrOjJxDht10jF1pqCTpcp6JZPYez.E1Qk68bXrNdk19wm9k76DaAplKScRoMqReF2f10U9o',
  'C, msgpack':
    'apikee_k2GqTN3eUVmV0JsPjNJubhn0Qer3zMYRha8AqAAsHoMCVmYaJi6eNFG.pHEOsHCuTB1AAgHyrILtfX9lAMY44Lr5fNsnegJ1LCj',
  'D, msgpack, a leading zero byte':
    'apikee_345NYfHW2JGhnrVj1gko7ZWu7i0F30EAxDmot6WlUK9XCaI48eqMJl2QY.3e8J7L2V1oZ0McS1DUhLC8hVDZZX5tmSspI9uaK0az',
  'E, JSON with every claim':
    'apikee_14fhuKwl2dChbStpDlOlujZ6sShHMWcIBfPBlz5tzBeGJaGp8jEl0ShIVcNuw5x7oO7HDKOt6pzkEfG0D4twQcdaTHLkLBOATUCZA4QNhIi5VqENrOcfoUEXakNrQsJlsjlrEk1c9OLSgzC1YJ7BwhsVWhg9ojonvBArtlxTZXVIHnaIa4Wv2pzXRejbfmXUYKZmOrXp7.LgYdOs24O5dwFDtsAInO2SuKSzrJ9DomH38F9KUKfkQ',
  'F, msgpack of E':
    'apikee_Z0ZlulxOpopN9LsAe8Wz5mCGEP2qEUv8xbRt5UoLAQLoC6q0dtohXNExTBmKfT5XCKffnoQFlR7u3yHIPCUpg9NOfkSgxn7mnOHuaucLYJvVNIXVoFCyNvIEgkcXSI4hJkpEP.AivoVxwJn5L9LBt3dbox7mzv9UGOZUNIiTygySW5r3K',
};

/** An environment that signs with these secrets. */
async function signingWith(...secrets: string[]): Promise<SeededShards> {
  const shards = await SeededShards.complete();
  await shards.changeEnvironment({ signingSecrets: secrets.map(sealedSecret) });
  return shards;
}

test.each(Object.entries(vectors))(
  'the published key %s is taken, by whichever secret of the environment',
  async (_, key) => {
    for (const secrets of [[secret], ['a newer one', secret]]) {
      await using shards = await signingWith(...secrets);
      const deciding = decidingOn(shards.store);
      expect(outcomeOf(await decideRequest(deciding, shards.request({ headers: { 'x-api-key': key } })))).toBe(
        'ALLOWED',
      );
    }
    for (const secrets of [[], ['another'], ['']]) {
      await using shards = await signingWith(...secrets);
      const deciding = decidingOn(shards.store);
      const reply = await decideRequest(deciding, shards.request({ headers: { 'x-api-key': key } }));
      expect(outcomeOf(reply)).toBe('INVALID_KEY');
    }
  },
);

test('all keys of a tenant are of one client, and each is a key of its own, however it is spelt', async () => {
  await using shards = await signingWith(secret);
  const deciding = decidingOn(shards.store);
  const spelt = Object.values(vectors).flatMap((key) => [key, key.replace('apikee_', 'apikee_00').replace('.', '.0')]);
  for (const key of spelt) await decideRequest(deciding, shards.request({ headers: { 'x-api-key': key } }));
  const events = await shards.events();
  expect(events.map(({ verdict }) => verdict)).toEqual(spelt.map(() => 'ALLOWED'));
  expect(new Set(events.map(({ clientId }) => clientId)).size).toBe(1);
  expect(new Set(events.map(({ keyId }) => keyId)).size).toBe(Object.keys(vectors).length);
});

test('keys that nobody registered count for their client and leave no totals of their own', async () => {
  await using shards = await signingWith(secret);
  await using held = await memoryShards.acquire(shards.url);
  const deciding = decidingOn(shards.store);
  for (const key of Object.values(vectors))
    await decideRequest(deciding, shards.request({ headers: { 'x-api-key': key } }));
  expect([...held.instance.clientTotals.values()].map(({ total }) => total)).toEqual([Object.keys(vectors).length]);
  expect(held.instance.keyTotals.size).toBe(0);
});

test('every event of such a key brings what it takes to register it, and neither the key nor its signature', async () => {
  await using shards = await SeededShards.complete();
  const [other, own] = [sealedSecret('another'), sealedSecret(secret)];
  await shards.changeEnvironment({ signingSecrets: [other, own] });
  const deciding = decidingOn(shards.store);
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const claims = { tid: 'acme', scp: ['read', 'write'], env: 'production', exp, nbf: 1.5 };
  const { key, claims: stated } = issueSignedKey({ claims, secret, nowMs: 0 });
  const ask = () => decideRequest(deciding, shards.request({ headers: { 'x-api-key': key } }));
  expect([outcomeOf(await ask()), outcomeOf(await ask())]).toEqual(['ALLOWED', 'ALLOWED']);
  const facts = {
    digest: digestOf(key),
    tenant: 'acme',
    claimedId: stated.id,
    secretId: own.id,
    scopes: ['read', 'write'],
    notBeforeMs: 1_500,
    expiresAtMs: exp * 1_000,
  };
  const events = await shards.events();
  expect(events.map(({ signedKey }) => signedKey)).toEqual([facts, facts]);
  for (const part of key.slice('apikee_'.length).split('.')) expect(JSON.stringify(events)).not.toContain(part);
});

test('a key that is registered brings nothing of the sort, nor does one that could not be', async () => {
  await using shards = await signingWith(secret);
  const deciding = decidingOn(shards.store);
  const sign = (tid: string, scp: string[] = []) =>
    issueSignedKey({ claims: { tid, scp, env: 'production' }, secret, nowMs: 0, codec: 'msgpack' }).key;
  const keys = [sign('a'.repeat(201)), sign('a', Array(20).fill('\u0001'.repeat(100))), shards.customerKey];
  for (const key of keys) {
    expect(outcomeOf(await decideRequest(deciding, shards.request({ headers: { 'x-api-key': key } })))).toBe('ALLOWED');
  }
  const events = await shards.events();
  expect(events.map((event) => 'signedKey' in event)).toEqual([false, false, false]);
});

test('neither secrets nor keys are logged, also where something fails', async () => {
  let log = '';
  const destination = new Writable({
    write(chunk, _, done) {
      log += chunk;
      done();
    },
  });
  const logger = createLogger({
    service: 'test',
    level: 'trace',
    schemas: [DecisionBatch, ValidatorConfig],
    destination,
  });
  const own = 'a-signing-secret-that-nobody-else-has';
  await using shards = await signingWith(own);
  await using validator = await startValidator(shards, { logger });
  const claims = { tid: 'acme', scp: [], env: 'production' };
  const keys = [own, 'another'].map((by) => issueSignedKey({ claims, secret: by, nowMs: 0 }).key);
  const batch = () => keys.map((key) => shards.request({ headers: { 'x-api-key': key } }));
  expect((await ask(validator.url, batch())).map(outcomeOf)).toEqual(['ALLOWED', 'INVALID_KEY']);
  await shards.changeEnvironment({ signingSecrets: [{ id: newId(), sealed: sealedSecret(own).sealed }] });
  expect((await ask(validator.url, batch())).map(outcomeOf)).toEqual(['unavailable', 'unavailable']);
  expect(log).toContain('could not be decided');
  for (const hidden of [own, Buffer.from(own).toString('base64url'), shards.serverKey, ...keys]) {
    expect(log).not.toContain(hidden);
  }
});
