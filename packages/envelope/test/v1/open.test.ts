import { describe, expect, test } from 'vitest';
import { createEphemeralKey } from '../../src/ephemeral-key.ts';
import { hkdfSha256 } from '../../src/hkdf.ts';
import { keyringOf } from '../../src/keyring.ts';
import { deriveKey } from '../../src/v1/derive.ts';
import { openV1 } from '../../src/v1/open.ts';
import { openReplyV1 } from '../../src/v1/open-reply.ts';
import { sealV1 } from '../../src/v1/seal.ts';
import { sealWithKey } from '../../src/v1/seal-with-key.ts';
import type { EnvelopeV1 } from '../../src/v1/wire.ts';
import { publicKeyOf, x25519 } from '../../src/x25519.ts';
import { lowOrderPoints, nowMs, parsed, serverKey, vector, vectorKeyring } from '../fixtures.ts';

const open = (envelope: EnvelopeV1) => openV1({ envelope, keyring: vectorKeyring, nowMs });
const envelope = parsed(JSON.parse(vector.body));
const recipientPublicKey = publicKeyOf(vector.serverPrivate);

describe('the vector of wire.md §2.1, bit for bit', () => {
  test('public key, shared secret and AES key', () => {
    expect(recipientPublicKey.toString('base64')).toBe(vector.serverPublic);
    const pair = { privateKey: vector.serverPrivate, publicKey: vector.ephemeral.publicKey };
    expect(x25519(pair)?.toString('hex')).toBe(vector.shared);
    expect(deriveKey(pair)?.toString('hex')).toBe(vector.aesKey);
    const other = { privateKey: vector.ephemeral.privateKey, publicKey: recipientPublicKey };
    expect(deriveKey(other)?.toString('hex')).toBe(vector.aesKey);
  });

  test('sealing gives the text of the envelope', () => {
    const { ephemeral, iv, plaintext } = vector;
    expect(JSON.stringify(sealV1({ recipientPublicKey, plaintext, ephemeral, iv }))).toBe(vector.body);
    const aesKey = Buffer.from(vector.aesKey, 'hex');
    expect(JSON.stringify(sealWithKey({ aesKey, epk: ephemeral.publicKey, plaintext, iv }))).toBe(vector.body);
  });

  test('opening gives the plaintext, the key and its kid', () => {
    const opened = open(envelope);
    expect(opened?.plaintext.toString()).toBe(vector.plaintext);
    expect(opened).toMatchObject({ kid: 'key-17', notAfterMs: null, derived: Buffer.from(vector.aesKey, 'hex') });
  });
});

describe('sealing', () => {
  test('takes a fresh epk and iv each time, and any text', () => {
    const bodies = ['{}', 'é😀', '', 'x'.repeat(70_000)].map((plaintext) => {
      const body = sealV1({ recipientPublicKey, plaintext });
      expect(open(parsed(body))?.plaintext.toString()).toBe(plaintext);
      return body;
    });
    expect(new Set(bodies.map(({ epk }) => epk)).size).toBe(4);
    expect(new Set(bodies.map(({ iv }) => iv)).size).toBe(4);
  });

  test('a session seals many under one epk, never with one iv', () => {
    const ephemeral = createEphemeralKey();
    const bodies = [1, 2, 3].map((n) => sealV1({ recipientPublicKey, plaintext: `${n}`, ephemeral }));
    expect(bodies.map((body) => open(parsed(body))?.plaintext.toString())).toEqual(['1', '2', '3']);
    expect(new Set(bodies.map(({ epk }) => epk)).size).toBe(1);
    expect(new Set(bodies.map(({ iv }) => iv)).size).toBe(3);
  });

  test('a reply is sealed to the epk of the request, and only its holder opens it', () => {
    const ephemeral = createEphemeralKey();
    const request = parsed(sealV1({ recipientPublicKey, plaintext: '{}', ephemeral }));
    const reply = parsed(sealV1({ recipientPublicKey: request.epk, plaintext: '{"success":true}' }));
    expect(reply.epk).not.toEqual(request.epk);
    const opened = openReplyV1({ envelope: reply, privateKey: ephemeral.privateKey });
    expect(opened?.toString()).toBe('{"success":true}');
    expect(openReplyV1({ envelope: reply, privateKey: createEphemeralKey().privateKey })).toBeUndefined();
    expect(open(reply)).toBeUndefined();
  });

  test('nothing is sealed to a low-order point or a key of another length', () => {
    for (const point of [...lowOrderPoints, Buffer.alloc(31, 9), Buffer.alloc(33, 9)]) {
      expect(() => sealV1({ recipientPublicKey: point, plaintext: '{}' })).toThrow(RangeError);
    }
  });
});

describe('every failure is the same undefined', () => {
  test.each(['epk', 'iv', 'ct'] as const)('a flip of any bit of %s, the tag included', (field) => {
    for (let bit = 0; bit < envelope[field].length * 8; bit++) {
      const bytes = Buffer.from(envelope[field]);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const opened = open({ ...envelope, [field]: bytes });
      // RFC 7748 masks the top bit of a public key: that one flip changes nothing, and the replay id neither.
      if (field === 'epk' && bit === 255) expect(opened?.replayId).toEqual(open(envelope)?.replayId);
      else expect(opened, `bit ${bit}`).toBeUndefined();
    }
  });

  test('low-order points, also with a ciphertext made for the zero secret', () => {
    const zeroKey = hkdfSha256({
      ikm: Buffer.alloc(32),
      salt: Buffer.alloc(0),
      info: Buffer.from('apikee-v1'),
      bytes: 32,
    });
    for (const epk of lowOrderPoints) {
      expect(open({ ...envelope, epk })).toBeUndefined();
      expect(open(parsed(sealWithKey({ aesKey: zeroKey, epk, plaintext: '{}' })))).toBeUndefined();
    }
  });

  test('another server key, an empty keyring, a ct that is cut or longer', () => {
    expect(openV1({ envelope, keyring: keyringOf([serverKey(0x12)]), nowMs })).toBeUndefined();
    expect(openV1({ envelope, keyring: keyringOf([]), nowMs })).toBeUndefined();
    for (let bytes = 0; bytes < envelope.ct.length; bytes++) {
      expect(open({ ...envelope, ct: envelope.ct.subarray(0, bytes) })).toBeUndefined();
    }
    expect(open({ ...envelope, ct: Buffer.concat([envelope.ct, Buffer.of(0)]) })).toBeUndefined();
  });
});

describe('overlap', () => {
  const endMs = nowMs + 1000;
  const previous = serverKey(0x11, { fromMs: nowMs - 5000, toMs: endMs });
  const current = serverKey(0x12, { fromMs: nowMs - 1000 });
  const next = serverKey(0x13, { fromMs: endMs });
  const keyring = keyringOf([previous, next, current]);
  const kidAt = (atMs: number, key: { publicKey: Buffer }) =>
    openV1({
      envelope: parsed(sealV1({ recipientPublicKey: key.publicKey, plaintext: '{}' })),
      keyring,
      nowMs: atMs,
    })?.kid;

  test('an envelope to the previous key opens until its not_after, and not from then on', () => {
    expect(kidAt(nowMs, previous)).toBe(previous.kid);
    expect(kidAt(endMs - 1, previous)).toBe(previous.kid);
    expect(kidAt(endMs, previous)).toBeUndefined();
    expect(kidAt(nowMs, current)).toBe(current.kid);
  });

  test('a key opens from its not_before, and not before', () => {
    expect(kidAt(endMs - 1, next)).toBeUndefined();
    expect(kidAt(endMs, next)).toBe(next.kid);
  });
});
