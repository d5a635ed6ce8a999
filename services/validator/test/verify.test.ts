import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import type { KeyRecord } from '@keyward/contract/projection';
import { defaultSettings } from '@keyward/contract/settings';
import type { Verdict } from '@keyward/contract/verdict';
import { newId } from '@keyward/kit/random';
import { StoreAway } from '@keyward/stores/store-away';
import { expect, test } from 'vitest';
import { decideRequest } from '../src/decide-request.ts';
import { KeyRecords } from '../src/key-records.ts';
import { decidingOn, digestOf, outcomeOf, playing, SeededShards } from './seeded-shards.ts';

const details = JSON.stringify({ name: 'first', metadata: { plan: 'pro' } });

type Fields = Partial<Omit<DecisionRequest, 'verify'>> & { verify?: Partial<NonNullable<DecisionRequest['verify']>> };

/** Verifies a key with a warm validator of its own. */
async function stage() {
  const shards = await SeededShards.complete();
  await shards.changeKey({ details });
  const twin = playing(shards.store, {});
  const deciding = decidingOn(twin);
  const request = ({ verify, ...fields }: Fields = {}) =>
    shards.request({ headers: {}, ...fields, verify: { key: shards.customerKey, ...verify } });
  const verify = (fields?: Fields) => decideRequest(deciding, request(fields));
  return { shards, twin, deciding, request, verify, [Symbol.asyncDispose]: () => shards[Symbol.asyncDispose]() };
}

const keyOf = (reply: DecisionReply) => (reply.kind === 'decided' ? reply.key : undefined);

test('a key is told of with its details and uses, and only to who asks for it', async () => {
  await using staged = await stage();
  const { shards, verify, deciding } = staged;
  const expiresAtMs = Date.UTC(2999, 0);
  await shards.changeKey({ details, scopes: ['read'], expiresAtMs });
  expect(keyOf(await verify())).toEqual({
    id: shards.keyId,
    clientId: shards.clientId,
    name: 'first',
    scopes: ['read'],
    metadata: { plan: 'pro' },
    expiresAt: '2999-01-01T00:00:00.000Z',
    lastUsedAt: expect.stringMatching(/^20/),
    useCount: 1,
  });
  const plain = await decideRequest(deciding, shards.request());
  expect(plain).not.toHaveProperty('key');
  expect(keyOf(await verify())).toMatchObject({ useCount: 3 });
});

test('a validation is told of the key that it lets through if it asks, and of none that it does not', async () => {
  await using staged = await stage();
  const { shards, deciding } = staged;
  await shards.changeKey({ details, scopes: ['read'] });
  const told = await decideRequest(deciding, shards.request({ tellsKey: true }));
  expect(keyOf(told)).toMatchObject({ id: shards.keyId, name: 'first', scopes: ['read'], metadata: { plan: 'pro' } });
  await shards.changeKey({ status: 'revoked' });
  const refused = await decideRequest(deciding, shards.request({ tellsKey: true }));
  expect(refused).toMatchObject({ kind: 'decided', verdict: 'REVOKED' });
  expect(refused).not.toHaveProperty('key');
});

test('the same request again is told the same, and counted once', async () => {
  await using staged = await stage();
  const { shards, deciding, request, verify } = staged;
  const sent = request();
  const first = await decideRequest(deciding, sent);
  await verify();
  expect(await decideRequest(decidingOn(shards.store), sent)).toEqual(first);
  expect(keyOf(await verify({ verify: { untracked: true } }))).toMatchObject({ useCount: 2 });
});

test.each<[Verdict, Parameters<SeededShards['changeKey']>[0]]>([
  ['ABNORMAL_USAGE', { abnormal: true }],
  ['REVOKED', { status: 'revoked' }],
  ['EXPIRED', { expiresAtMs: 1 }],
])('a refused key is told of, and not used: %s', async (verdict, fields) => {
  await using staged = await stage();
  const { shards, verify } = staged;
  expect(outcomeOf(await verify())).toBe('ALLOWED');
  await shards.changeKey({ details, ...fields });
  const reply = await verify();
  expect(outcomeOf(reply)).toBe(verdict);
  expect(keyOf(reply)).toMatchObject({ id: shards.keyId, name: 'first', useCount: 1 });
});

test('in an environment that is disabled a key is told of, too', async () => {
  await using staged = await stage();
  await staged.shards.changeEnvironment({ status: 'disabled' });
  const reply = await staged.verify();
  expect([outcomeOf(reply), keyOf(reply)?.useCount]).toEqual(['ENVIRONMENT_DISABLED', 0]);
});

test('a key of another product is answered as one that nobody knows, and its event tells the truth', async () => {
  await using staged = await stage();
  const { shards, verify } = staged;
  const [productId, other] = [newId(), newId()];
  await shards.changeKey({ details, productId });
  expect(outcomeOf(await verify({ verify: { productId } }))).toBe('ALLOWED');
  const unknown = await verify({ verify: { key: 'apikee_un.known', productId: other } });
  const foreign = await verify({ verify: { productId: other } });
  expect(outcomeOf(unknown)).toBe('INVALID_KEY');
  expect({ ...foreign, clientId: '' }).toEqual({ ...unknown, clientId: '' });
  expect((await shards.events()).map(({ verdict }) => verdict)).toEqual(['ALLOWED', 'INVALID_KEY']);
});

test.each<[string, Verdict, Parameters<SeededShards['changeKey']>[0], Partial<DecisionRequest>]>([
  ['of a deleted key', 'REVOKED', { status: 'deleted' }, {}],
  ['to a request that is too old', 'STALE_REQUEST', { details }, { timestampMs: 1 }],
  ['to a request that lies about its sender', 'SIGNATURE_REQUIRED', { details }, {}],
])('nothing is told %s', async (_, verdict, fields, request) => {
  await using staged = await stage();
  const { shards, verify } = staged;
  await shards.changeKey(fields);
  if (verdict === 'SIGNATURE_REQUIRED')
    await shards.changeEnvironment({ settings: { ...defaultSettings, requestSignature: 'required' } });
  const reply = await verify(request);
  expect(outcomeOf(reply)).toBe(verdict);
  expect(reply).not.toHaveProperty('key');
});

test('an empty key is missing, and the headers are not looked at', async () => {
  await using staged = await stage();
  const headers = { 'x-api-key': staged.shards.customerKey };
  expect(outcomeOf(await staged.verify({ headers, verify: { key: ' ' } }))).toBe('MISSING_KEY');
});

test('its event says whether it is a use, and that it is about no endpoint in particular', async () => {
  await using staged = await stage();
  const { shards, deciding, request, verify } = staged;
  const { methodPath: _, ...about } = request({ headers: { 'user-agent': 'curl/8' }, verify: { untracked: true } });
  await decideRequest(deciding, about);
  await verify({ methodPath: 'GET:/users/7?a=b', remoteAddress: '192.0.2.1' });
  const [first, second] = await shards.events();
  expect(first).toMatchObject({ methodPath: '', endpoint: '*', untracked: true, userAgent: 'curl/8' });
  expect(second).toMatchObject({ methodPath: 'GET:/users/7', ip: '192.0.2.1' });
  for (const field of ['untracked', 'endpoint']) expect(second).not.toHaveProperty(field);
  expect(JSON.stringify([first, second])).not.toContain(shards.customerKey);
});

test('without the store a key that is held is told of under the policy open, without its uses', async () => {
  await using staged = await stage();
  const { shards, twin, deciding, verify } = staged;
  await shards.changeEnvironment({ settings: { ...defaultSettings, failurePolicy: 'open' } });
  await verify();
  twin.decide = () => Promise.reject(new StoreAway(new Error('connection lost')));
  expect(outcomeOf(await verify())).toBe('unavailable');
  deciding.failurePolicy = { verdict: (_settings, command) => command.verdict };
  const reply = await verify();
  expect(reply).toMatchObject({ verdict: 'ALLOWED', degraded: true });
  expect(keyOf(reply)).toMatchObject({ name: 'first', useCount: null, lastUsedAt: null });
  expect(outcomeOf(await verify({ verify: { requiredScopes: ['x'] } }))).toBe('INSUFFICIENT_SCOPE');
});

test('records with much metadata, or long lists, take the room of several', async () => {
  await using staged = await stage();
  const { shards } = staged;
  const keys = new KeyRecords(shards.store, 10);
  const heldOf = async (more: Partial<KeyRecord>) => {
    const digests = Array.from({ length: 10 }, () => newId());
    for (const digest of digests) {
      const record = { ...(await sampleRecord(shards)), ...more };
      await shards.projection.putKeys(shards.environmentId, [{ digest, record }]);
      await keys.read({ environmentId: shards.environmentId }, digest);
    }
    return digests.filter((digest) => keys.held(shards.environmentId, digest)).length;
  };
  const details = (metadata: string) => JSON.stringify({ name: 'k', metadata: { metadata } });
  const ranges = (count: number) => Array.from({ length: count }, (_, i) => `10.0.${i}.0/24`);
  expect(await heldOf({ details: details('short'), clientIps: ranges(5) })).toBe(10);
  expect(await heldOf({ details: details('x'.repeat(4_000)) })).toBe(2);
  expect(await heldOf({ clientIps: ranges(100) })).toBe(1);
});

async function sampleRecord({ store, environmentId, customerKey }: SeededShards): Promise<KeyRecord> {
  const { record } = await store.readKey(environmentId, digestOf(customerKey));
  if (!record) throw new Error('the stage has a key');
  return record;
}
