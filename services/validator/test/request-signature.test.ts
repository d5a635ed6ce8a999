import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isGenuine } from '@keyward/decision/request-signature';
import { describe, expect, test } from 'vitest';
import { decideRequest } from '../src/decide-request.ts';
import { requestSignature } from '../src/request-signature.ts';
import { decidingOn, outcomeOf, SeededShards } from './seeded-shards.ts';

const parts = { clientId: 'Self', methodPath: 'get:::/Users//7/?q=1 2', timestamp: '2026-11-20T12:00:00.12+01:00' };
const text = 'Self|get:::/Users//7/?q=1 2|2026-11-20T12:00:00.12+01:00';

interface Pair {
  privateKey: KeyObject;
  publicKey: KeyObject;
}
const pairs: Record<string, Pair> = {
  'RSA 2048': generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
};
const others: Record<string, Pair> = {
  'RSA 2048': generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
};
const spki = ({ publicKey }: Pair) => publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

async function genuine(
  value: string,
  requestKeys: readonly string[],
  changed: Partial<typeof parts> = {},
): Promise<boolean> {
  const { methodPath, ...signed } = { ...parts, ...changed };
  const request = {
    eventId: '',
    serverKey: '',
    timestampMs: 0,
    headers: {},
    elapsedUs: 0,
    clientId: 'self',
    methodPath,
    signature: { value, ...signed },
  };
  const signature = await requestSignature(request, requestKeys);
  return signature !== undefined && isGenuine(signature);
}

describe.each(Object.entries(pairs))('a signature by %s', (name, pair) => {
  const other = others[name] ?? pair;
  const good = sign('sha256', Buffer.from(text), pair.privateKey).toString('base64url');
  const by = (algorithm: string, options: object = {}) =>
    sign(algorithm, Buffer.from(text), { key: pair.privateKey, ...options }).toString('base64url');

  test('is good for its own key, also among others, with padding or without', async () => {
    const keys = [...Object.values(others).map(spki), spki(pair)];
    expect(await genuine(good, [spki(pair)])).toBe(true);
    expect(await genuine(good, keys)).toBe(true);
    expect(
      await genuine(Buffer.from(good, 'base64url').toString('base64').replaceAll('+', '-').replaceAll('/', '_'), keys),
    ).toBe(true);
  });

  test('is not good for another key, for all others, or for none', async () => {
    expect(await genuine(good, [spki(other)])).toBe(false);
    expect(await genuine(good, Object.values(others).map(spki))).toBe(false);
    expect(await genuine(good, [])).toBe(false);
  });

  test.each([
    ['the client as it is looked up', { clientId: 'self' }],
    ['another method', { methodPath: 'post:::/Users//7/?q=1 2' }],
    ['the endpoint instead of the path', { methodPath: 'GET:/Users/{id}' }],
    ['the same path without its query', { methodPath: 'get:::/Users//7/' }],
    ['the same moment in other words', { timestamp: '2026-11-20T11:00:00.120Z' }],
    ['a part moved over the border', { clientId: 'Self|get:::/Users//7/?q=1 2', methodPath: '' }],
  ])('is not good for %s', async (_, changed) => {
    expect(await genuine(good, [spki(pair)], changed)).toBe(false);
  });

  test('is not good over another hash, in another form, cut, longer, or in other characters', async () => {
    const raw = Buffer.from(good, 'base64url');
    const bad = [
      by('sha512'),
      by('sha1'),
      pair.privateKey.asymmetricKeyType === 'rsa'
        ? by('sha256', { padding: 6 })
        : by('sha256', { dsaEncoding: 'ieee-p1363' }),
      raw.subarray(1).toString('base64url'),
      raw.subarray(0, -1).toString('base64url'),
      Buffer.concat([raw, Buffer.alloc(1)]).toString('base64url'),
      Buffer.alloc(raw.length).toString('base64url'),
      `${good} `,
      `${good}, ${good}`,
      `${good}===`,
      `+${good.slice(1)}`,
      raw.toString('hex'),
      '',
      'x'.repeat(2_048),
    ];
    for (const value of bad) expect(await genuine(value, [spki(pair)]), value.slice(0, 20)).toBe(false);
  });
});

test('a validator decides by the signature and the keys of the newest environment', async () => {
  await using shards = await SeededShards.complete();
  const deciding = decidingOn(shards.store);
  const pair = pairs['P-256'];
  if (!pair) throw new Error('a pair of these tests');
  const timestamp = new Date().toISOString();
  const value = sign('sha256', Buffer.from(`self|GET:/users|${timestamp}`), pair.privateKey).toString('base64url');
  const ask = async (signature: string) => {
    const request = shards.request({ signature: { value: signature, clientId: 'self', timestamp } });
    return outcomeOf(await decideRequest(deciding, request));
  };
  expect(await ask('nonsense')).toBe('ALLOWED');
  await shards.changeEnvironment({ requestKeys: [spki(pair)] });
  expect([await ask('nonsense'), await ask(value)]).toEqual(['SIGNATURE_INVALID', 'ALLOWED']);
  await shards.changeEnvironment({ requestKeys: Object.values(others).map(spki) });
  expect(await ask(value)).toBe('SIGNATURE_INVALID');
});
