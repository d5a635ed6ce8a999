import type { KeyRecord } from '@keyward/contract/projection';
import { defaultSettings } from '@keyward/contract/settings';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { expect, test } from 'vitest';
import { digestOf, outcomeOf, projectEnv, SeededShards } from './seeded-shards.ts';
import { ask, post, startValidator } from './validator-fixture.ts';

/** A validator of its own on shards of its own, and what one request comes to. */
async function start(shards: SeededShards) {
  const service = await startValidator(shards);
  const outcome = async (fields: Parameters<SeededShards['request']>[0] = {}) =>
    outcomeOf((await ask(service.url, [shards.request(fields)]))[0]);
  return { url: service.url, outcome, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
}

test('a valid key is allowed, and the reply says whose it is', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  const { clientId } = shards;
  const expected = { kind: 'decided', verdict: 'ALLOWED', clientId, projectEnv };
  const batch = [shards.request(), shards.request({ clientId }), shards.request({ projectEnv })];
  expect(await ask(validator.url, batch)).toEqual([expected, expected, expected]);
});

test('a store that holds nothing yet is unavailable, never a bad key', async () => {
  await using shards = await SeededShards.open();
  await using validator = await start(shards);
  expect(await validator.outcome()).toBe('unavailable');
  await shards.changeEnvironment({});
  expect(await validator.outcome()).toBe('unavailable');
  expect(await validator.outcome({ serverKey: issueOpaqueKey('sk_live') })).toBe('unavailable');
  await shards.projection.completeRebuild(await shards.projection.beginRebuild());
  await shards.changeKey({});
  expect(await validator.outcome()).toBe('ALLOWED');
});

test('a record without the version that announces it is unavailable', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  const customerKey = 'apikee_new.key';
  const [clientId, version] = [newId(), 1];
  const { environmentId } = shards;
  const record = {
    version,
    keyId: newId(),
    clientId,
    status: 'active',
    clientStatus: 'active',
    clientIps: [],
    keyIps: [],
    scopes: [],
    familyId: 'f',
    limits: {},
  } satisfies KeyRecord;
  await shards.projection.putKeys(environmentId, [{ digest: digestOf(customerKey), record }]);
  expect(await validator.outcome({ headers: { 'x-api-key': customerKey } })).toBe('unavailable');
  await shards.projection.putClientVersion(clientId, version);
  expect(await validator.outcome({ headers: { 'x-api-key': customerKey } })).toBe('ALLOWED');
});

test('an unknown, malformed or revoked server key is unauthenticated, and so is a customer key in its place', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  for (const serverKey of [issueOpaqueKey('sk_live'), 'sk_live_x', '', shards.customerKey, `${shards.serverKey} `]) {
    expect(await validator.outcome({ serverKey }), serverKey).toBe('unauthenticated');
  }
  await shards.changeEnvironment({}, { status: 'revoked' });
  expect(await validator.outcome({ headers: { 'x-api-key': 'apikee_un.known' } })).toBe('unauthenticated');
  expect(await validator.outcome()).toBe('unauthenticated');
  expect(await shards.events()).toEqual([]);
});

test('a change of the key holds on the very next request of every warm validator', async () => {
  await using shards = await SeededShards.complete();
  await using one = await start(shards);
  await using two = await start(shards);
  const both = async () => [await one.outcome(), await two.outcome()];
  expect(await both()).toEqual(['ALLOWED', 'ALLOWED']);
  await shards.changeKey({ status: 'revoked' });
  expect(await both()).toEqual(['REVOKED', 'REVOKED']);
  await shards.changeKey({ clientStatus: 'disabled' });
  expect(await both()).toEqual(['CLIENT_DISABLED', 'CLIENT_DISABLED']);
  await shards.changeKey({ expiresAtMs: 1_000 });
  expect(await both()).toEqual(['EXPIRED', 'EXPIRED']);
  await shards.changeKey({});
  expect(await both()).toEqual(['ALLOWED', 'ALLOWED']);
  await shards.changeKey({ status: 'deleted' });
  expect(await both()).toEqual(['REVOKED', 'REVOKED']);
});

test('a change of the environment holds on the very next request of a warm validator', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  expect(await validator.outcome({ projectEnv })).toBe('ALLOWED');
  await shards.changeEnvironment({ status: 'disabled' });
  expect(await validator.outcome({ projectEnv })).toBe('ENVIRONMENT_DISABLED');
  await shards.changeEnvironment({ projectEnv: 'shop-live' });
  expect(await validator.outcome({ projectEnv: 'shop-live' })).toBe('ALLOWED');
  expect(await validator.outcome({ projectEnv })).toBe('ENVIRONMENT_UNKNOWN');
});

test('the revocation of a server key holds on the very next request, whatever the customer key', async () => {
  const requests = [
    {},
    { headers: { 'x-api-key': 'apikee_un.known' } },
    { clientId: newId() },
    { projectEnv: 'another-environment' },
  ];
  for (const request of requests) {
    await using shards = await SeededShards.complete();
    await using validator = await start(shards);
    expect(await validator.outcome()).toBe('ALLOWED');
    expect(await validator.outcome(request)).not.toBe('unauthenticated');
    await shards.changeEnvironment({}, { status: 'revoked' });
    expect(await validator.outcome(request)).toBe('unauthenticated');
  }
});

test('a template that is deleted takes nothing with it: its keys are judged by what they have from then on', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  const templateId = newId();
  await shards.changeEnvironment({ templates: { [templateId]: { hour: 0 } } });
  await shards.changeKey({ templateId });
  expect(await validator.outcome()).toBe('RATE_LIMITED');
  await shards.changeKey({});
  await shards.changeEnvironment({});
  expect(await validator.outcome()).toBe('ALLOWED');
});

test('a server key that is not for validations gets no verdict, and gets one as soon as it is for them', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  await shards.changeEnvironment({}, { scopes: ['clients:read', 'logs:read'] });
  expect(await validator.outcome()).toBe('forbidden');
  expect(await validator.outcome({ headers: { 'x-api-key': 'apikee_un.known' } })).toBe('forbidden');
  expect(await shards.events()).toEqual([]);
  for (const scopes of [['validate'], ['*'], undefined] as const) {
    await shards.changeEnvironment({}, scopes && { scopes: [...scopes] });
    expect(await validator.outcome()).toBe('ALLOWED');
    await shards.changeEnvironment({}, { scopes: ['clients:write'] });
    expect(await validator.outcome()).toBe('forbidden');
  }
});

test('a server key ends at its time by itself', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  const nowMs = systemClock.nowMs();
  await shards.changeEnvironment({}, { expiresAtMs: nowMs + 300_000 });
  expect(await validator.outcome()).toBe('ALLOWED');
  await shards.changeEnvironment({}, { expiresAtMs: nowMs - 1 });
  expect(await validator.outcome()).toBe('unauthenticated');
  expect(await validator.outcome({ projectEnv: 'another-environment' })).toBe('unauthenticated');
});

test('a key that was unknown is found as soon as it is there', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  const headers = { 'x-api-key': issueOpaqueKey('myapp') };
  expect([await validator.outcome({ headers }), await validator.outcome({ headers })]).toEqual([
    'INVALID_KEY',
    'INVALID_KEY',
  ]);
  await shards.changeKey({}, headers['x-api-key']);
  expect(await validator.outcome({ headers })).toBe('ALLOWED');
});

test('a key of another client, and one of another environment, are answered like one that nobody knows', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  const clientId = newId();
  const foreign = 'apikee_for.eign';
  const record = {
    version: 1,
    keyId: newId(),
    clientId: newId(),
    status: 'revoked',
    clientStatus: 'active',
    clientIps: [],
    keyIps: [],
    scopes: [],
    familyId: 'f',
    limits: {},
  } satisfies KeyRecord;
  await shards.projection.putKeys(newId(), [{ digest: digestOf(foreign), record }]);
  const replies = await ask(validator.url, [
    shards.request({ clientId }),
    shards.request({ clientId, headers: { 'x-api-key': foreign } }),
    shards.request({ clientId, headers: { 'x-api-key': 'apikee_un.known' } }),
  ]);
  const expected = { kind: 'decided', verdict: 'INVALID_KEY', clientId, projectEnv };
  expect(replies).toEqual([expected, expected, expected]);
});

test('an expired key says when it expired; other refusals say nothing of the kind', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  await shards.changeKey({ expiresAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) });
  expect(await ask(validator.url, [shards.request()])).toMatchObject([{ expiredAt: '2026-01-02T03:04:05.006Z' }]);
  const [reply] = await ask(validator.url, [shards.request({ clientId: newId() })]);
  expect(reply).not.toHaveProperty('expiredAt');
});

test.each([
  ['no headers', {}, 'MISSING_KEY'],
  ['headers without a key', { accept: '*/*', authorization: 'Basic dTpw' }, 'MISSING_KEY'],
  ['an empty key', { 'x-api-key': '  ' }, 'MISSING_KEY'],
  ['no value', { 'x-api-key': [] }, 'MISSING_KEY'],
  ['5,000 characters', { 'x-api-key': `apikee_${'a'.repeat(4_990)}.b` }, 'INVALID_KEY'],
  ['another alphabet', { 'x-api-key': 'apikee_ä.b' }, 'INVALID_KEY'],
  ['a wrong checksum', { 'x-api-key': `myapp_${'a'.repeat(36)}` }, 'INVALID_KEY'],
])('a request with %s', async (_, headers, verdict) => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  expect(await validator.outcome({ headers: headers as Record<string, string> })).toBe(verdict);
});

test('one key may be spelt and sent in several ways', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  const { customerKey } = shards;
  const zeros = customerKey.replace('apikee_', 'apikee_000').replace('.', '.00');
  const spellings = [
    { 'X-API-Key': customerKey },
    { 'x-api-key': zeros },
    { 'x-api-key': ` ${customerKey} ` },
    { Authorization: `Bearer ${customerKey}` },
    { authorization: `bearer  ${customerKey}` },
    { 'x-api-key': customerKey, authorization: `Bearer ${customerKey}` },
    { 'x-api-key': [customerKey, customerKey] },
    { 'x-api-key': customerKey, 'X-Api-Key': customerKey },
    { 'x-api-key': customerKey, authorization: 'Basic dTpw' },
  ];
  const requests = spellings.map((headers) => shards.request({ headers: headers as Record<string, string> }));
  expect((await ask(validator.url, requests)).map(outcomeOf)).toEqual(spellings.map(() => 'ALLOWED'));
});

test('two different keys in one request are refused, also when each is valid', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  const other = 'apikee_oth.er';
  await shards.changeKey({ clientId: newId() }, other);
  const { customerKey } = shards;
  for (const headers of [
    { 'x-api-key': customerKey, authorization: `Bearer ${other}` },
    { 'x-api-key': customerKey, 'X-API-KEY': other },
    { 'x-api-key': [customerKey, other] },
  ]) {
    expect(await validator.outcome({ headers: headers as Record<string, string> })).toBe('INVALID_KEY');
  }
});

test('one envelope that comes 100 times at once to two validators is allowed once', async () => {
  await using shards = await SeededShards.complete();
  await using one = await startValidator(shards);
  await using two = await startValidator(shards);
  const batch = () => Array.from({ length: 50 }, () => shards.request({ replayId: 'the-envelope' }));
  const outcomes = (await Promise.all([ask(one.url, batch()), ask(two.url, batch())])).flat().map(outcomeOf);
  expect(outcomes.filter((outcome) => outcome === 'ALLOWED')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'REPLAYED')).toHaveLength(99);
});

test('an item that is sent again, to another validator, gets the same answer', async () => {
  await using shards = await SeededShards.complete();
  await using one = await startValidator(shards);
  await using two = await startValidator(shards);
  const request = shards.request();
  const [first] = await ask(one.url, [request]);
  await shards.changeKey({ status: 'revoked' });
  expect(await ask(two.url, [request])).toEqual([first]);
});

test('only services of this installation are answered', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await startValidator(shards);
  for (const token of ['', 'service-token-of-the-testz', 'service-token-of-the-tests-too']) {
    const headers = { 'x-keyward-service-token': token };
    expect((await post(validator.url, [shards.request()], headers)).status).toBe(401);
  }
});

test('a key whose template the environment does not hold yet is not unlimited: no verdict until it does', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  expect(await validator.outcome({})).toBe('ALLOWED');
  await shards.changeKey({ templateId: 't' });
  expect(await validator.outcome({})).toBe('unavailable');
  await shards.changeEnvironment({ templates: { t: { month: 2 } } });
  expect(await validator.outcome({})).toBe('ALLOWED');
  // The call before there was a limit counts, too.
  expect(await validator.outcome({})).toBe('RATE_LIMITED');
});

test('what is refused without looking up a key is refused by the newest settings and server key', async () => {
  await using shards = await SeededShards.complete();
  await using validator = await start(shards);
  const headers = { 'x-shop-key': shards.customerKey };
  expect(await validator.outcome({ headers })).toBe('MISSING_KEY');
  await shards.changeEnvironment({ settings: { ...defaultSettings, keyHeader: 'x-shop-key', encryption: 'required' } });
  expect(await validator.outcome({ headers })).toBe('ENCRYPTION_REQUIRED');
  await shards.changeEnvironment({ settings: { ...defaultSettings, keyHeader: 'x-shop-key' } });
  expect(await validator.outcome({ headers })).toBe('ALLOWED');
  await shards.changeEnvironment({}, { status: 'revoked' });
  expect(await validator.outcome({ headers: {} })).toBe('unauthenticated');
});
