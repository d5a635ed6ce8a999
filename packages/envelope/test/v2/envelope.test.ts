import { describe, expect, test } from 'vitest';
import { sealAesGcm } from '../../src/aes-gcm.ts';
import { DerivedKeyCache } from '../../src/derived-key-cache.ts';
import { createEphemeralKey } from '../../src/ephemeral-key.ts';
import { hkdfSha256 } from '../../src/hkdf.ts';
import { keyringOf } from '../../src/keyring.ts';
import { type RequestLine, requestAad } from '../../src/v2/binding.ts';
import { deriveSessionKeys, type SessionKeys } from '../../src/v2/derive.ts';
import { openReplyV2 } from '../../src/v2/open-reply.ts';
import { openV2 } from '../../src/v2/open-request.ts';
import { sealReplyV2, sealRequestV2 } from '../../src/v2/seal.ts';
import { openSessionV2 } from '../../src/v2/session.ts';
import { type EnvelopeV2, type EnvelopeV2Body, parseEnvelopeV2, printEnvelopeV2 } from '../../src/v2/wire.ts';
import { lowOrderPoints, nowMs, serverKey, vector } from '../fixtures.ts';

const key = serverKey(0x11, { kid: 'k1' });
const keyring = keyringOf([key]);
const line: RequestLine = { method: 'POST', path: '/client/self?method_path=GET%3A%2Fusers' };
const ts = '2026-11-01T00:00:00.000Z';
const session = openSessionV2({ recipient: key, ephemeral: vector.ephemeral });
const envelope = sealRequestV2({ session, ts, plaintext: '{"a":1}', iv: vector.iv, ...line });
const open = (sealed: EnvelopeV2, over: Partial<Parameters<typeof openV2>[0]> = {}) =>
  openV2({ envelope: sealed, keyring, nowMs, ...line, ...over });
const reply = (over: Partial<Parameters<typeof sealReplyV2>[0]> = {}): EnvelopeV2Body =>
  JSON.parse(sealReplyV2({ session, ts, plaintext: '{"b":2}', requestIv: vector.iv, ...line, ...over }));
const openReply = (body: unknown, over: Partial<Parameters<typeof openReplyV2>[0]> = {}) =>
  openReplyV2({ body, session, requestIv: vector.iv, ...line, ...over });

/** Each with one bit turned. */
function* flips(bytes: Buffer): Generator<Buffer> {
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const turned = Buffer.from(bytes);
    turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield turned;
  }
}

describe('an exchange', () => {
  test('is what wire.md §6 says, step by step', () => {
    const ikm = Buffer.from(vector.shared, 'hex');
    const salt = Buffer.concat([vector.ephemeral.publicKey, key.publicKey]);
    const requestKey = hkdfSha256({ ikm, salt, info: Buffer.from('keyward-v2 request k1'), bytes: 32 });
    const replyKey = hkdfSha256({ ikm, salt, info: Buffer.from('keyward-v2 response k1'), bytes: 32 });
    const text = 'v2 k1 POST /client/self?method_path=GET%3A%2Fusers 2026-11-01T00:00:00.000Z';
    const { iv } = vector;
    const ct = sealAesGcm({ aesKey: requestKey, iv, aad: Buffer.from(text), plaintext: Buffer.from('{"a":1}') });
    const epk = vector.ephemeral.publicKey;
    expect(envelope).toEqual({ kid: 'k1', ts, epk, iv, ct });
    const answered = sealAesGcm({
      aesKey: replyKey,
      iv,
      aad: Buffer.from(`${text} MzMzMzMzMzMzMzMz`),
      plaintext: Buffer.from('{"b":2}'),
    });
    expect(reply({ iv })).toEqual(JSON.parse(printEnvelopeV2({ kid: 'k1', ts, epk, iv, ct: answered })));
  });

  test('gives the plaintext to the one, and the reply to the other', () => {
    const body = JSON.parse(printEnvelopeV2(envelope));
    expect(Object.keys(body)).toEqual(['v', 'kid', 'ts', 'epk', 'iv', 'ct']);
    const parsed = parseEnvelopeV2(body);
    expect(parsed).toEqual(envelope);
    expect(parsed && open(parsed)).toMatchObject({ plaintext: Buffer.from('{"a":1}'), kid: 'k1', notAfterMs: null });
    expect(openReply(reply())).toEqual({ plaintext: Buffer.from('{"b":2}'), ts });
  });

  test('under a session never has one iv twice', () => {
    const seal = () => sealRequestV2({ session, ts, plaintext: '{}', ...line }).iv.toString('hex');
    expect(new Set(Array.from({ length: 100 }, seal)).size).toBe(100);
    expect(new Set(Array.from({ length: 100 }, () => reply().iv)).size).toBe(100);
  });

  test('is derived once for a session that the gateway remembers', () => {
    const cache = new DerivedKeyCache<SessionKeys>({ maxEntries: 4 });
    const opened = open(envelope, { cache });
    expect(cache.size).toBe(0);
    if (opened) cache.remember({ ...opened, epk: envelope.epk });
    expect(open(envelope, { cache })?.derived).toBe(opened?.derived);
  });
});

describe('a request is refused', () => {
  test.each(['epk', 'iv', 'ct'] as const)('after any flip of a bit of %s', (field) => {
    for (const turned of flips(envelope[field])) expect(open({ ...envelope, [field]: turned })).toBeUndefined();
  });

  test.each([
    ['another kid of the same keyring', { kid: 'k2' }],
    ['another time', { ts: '2026-11-01T00:00:00.001Z' }],
    ['the same time in another spelling', { ts: '2026-11-01T00:00:00.000+00:00' }],
  ])('under %s', (_, over) => {
    const both = keyringOf([key, serverKey(0x12, { kid: 'k2' })]);
    expect(open(envelope, { keyring: both })).toBeDefined();
    expect(open({ ...envelope, ...over }, { keyring: both })).toBeUndefined();
  });

  test('under another kid of the same private key', () => {
    const renamed = keyringOf([serverKey(0x11, { kid: 'k2' })]);
    expect(open({ ...envelope, kid: 'k2' }, { keyring: renamed })).toBeUndefined();
  });

  test.each([
    { method: 'PUT' },
    { path: '/client/self' },
    { path: '/client/self?method_path=GET%3A%2FUsers' },
    { path: '/client/self?method_path=GET:/users' },
    { path: '/api/v1/client/self?method_path=GET%3A%2Fusers' },
  ])('as the request %j', (over) => {
    expect(open(envelope, over)).toBeUndefined();
  });

  test('from the other direction: what seals replies opens no request, nor the other way round', () => {
    const { request, reply: replyKey } = session.keys;
    expect(request.equals(replyKey)).toBe(false);
    const swapped = { ...session, keys: { request: replyKey, reply: request } };
    expect(open(sealRequestV2({ session: swapped, ts, plaintext: '{}', ...line }))).toBeUndefined();
    const asRequest = parseEnvelopeV2(reply());
    expect(asRequest && open(asRequest)).toBeUndefined();
    expect(openReply(JSON.parse(printEnvelopeV2(envelope)))).toBeUndefined();
  });

  test('for an epk of low order, also when it is sealed with the keys of a zero secret', () => {
    for (const epk of lowOrderPoints) {
      const salt = Buffer.concat([epk, key.publicKey]);
      const info = Buffer.from('keyward-v2 request k1');
      const aesKey = hkdfSha256({ ikm: Buffer.alloc(32), salt, info, bytes: 32 });
      const aad = requestAad({ kid: 'k1', ts, ...line });
      const ct = sealAesGcm({ aesKey, iv: vector.iv, aad, plaintext: Buffer.from('{}') });
      expect(open({ kid: 'k1', ts, epk, iv: vector.iv, ct })).toBeUndefined();
      expect(() => openSessionV2({ recipient: { kid: 'k1', publicKey: epk } })).toThrow(RangeError);
    }
  });

  test('outside the life of its server key, though the session is remembered', () => {
    const cache = new DerivedKeyCache<SessionKeys>({ maxEntries: 4 });
    const opened = open(envelope);
    if (opened) cache.remember({ ...opened, epk: envelope.epk });
    const ended = keyringOf([serverKey(0x11, { kid: 'k1', toMs: nowMs })]);
    expect(open(envelope, { keyring: ended, cache })).toBeUndefined();
    expect(open(envelope, { keyring: keyringOf([]), cache })).toBeUndefined();
  });

  test('by another spelling of its epk, which version 1 takes', () => {
    const masked = Buffer.from(envelope.epk);
    masked[31] = (masked[31] ?? 0) | 0x80;
    const ofServer = { privateKey: key.privateKey, kid: 'k1', serverPublicKey: key.publicKey, side: 'server' } as const;
    expect(deriveSessionKeys({ ...ofServer, epk: masked })).not.toEqual(session.keys);
    expect(open({ ...envelope, epk: masked })).toBeUndefined();
  });
});

describe('a reply is refused', () => {
  const good = reply();

  test.each(['iv', 'ct', 'epk'] as const)('after any flip of a bit of %s', (field) => {
    for (const turned of flips(Buffer.from(good[field], 'base64url')))
      expect(openReply({ ...good, [field]: turned.toString('base64url') })).toBeUndefined();
  });

  test('under another time or kid', () => {
    expect(openReply({ ...good, ts: '2026-11-01T00:00:00.001Z' })).toBeUndefined();
    expect(openReply({ ...good, kid: 'k2' })).toBeUndefined();
  });

  test('to another request of the same session, so that answers cannot change places', () => {
    const second = sealRequestV2({ session, ts, plaintext: '{}', ...line });
    expect(openReply(good, { requestIv: second.iv })).toBeUndefined();
    expect(openReply(reply({ requestIv: second.iv }))).toBeUndefined();
    expect(openReply(reply({ requestIv: second.iv }), { requestIv: second.iv })).toBeDefined();
  });

  test('to the same bytes sent elsewhere', () => {
    expect(openReply(good, { path: '/client/self?method_path=GET%3A%2Fadmin' })).toBeUndefined();
    expect(openReply(good, { method: 'PUT' })).toBeUndefined();
  });

  test('of another session', () => {
    const other = openSessionV2({ recipient: key, ephemeral: createEphemeralKey() });
    expect(openReply(good, { session: other })).toBeUndefined();
    expect(openReply({ ...good, epk: other.epk.toString('base64url') }, { session: other })).toBeUndefined();
  });
});
