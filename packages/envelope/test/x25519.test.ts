import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { x25519 as noble } from '@noble/curves/ed25519.js';
import { describe, expect, test } from 'vitest';
import { deriveKey } from '../src/v1/derive.ts';
import { exportPrivateKey, importPrivateKey, publicKeyOf, x25519 } from '../src/x25519.ts';
import { lowOrderPoints, vector } from './fixtures.ts';
import { wycheproof } from './wycheproof.ts';

describe('X25519', () => {
  test('agrees with an independent implementation on random keys', () => {
    for (let round = 0; round < 40; round++) {
      const raw = randomBytes(32);
      const privateKey = importPrivateKey(raw);
      const publicKey = randomBytes(32);
      expect(publicKeyOf(privateKey)).toEqual(Buffer.from(noble.getPublicKey(raw)));
      expect(x25519({ privateKey, publicKey })).toEqual(Buffer.from(noble.getSharedSecret(raw, publicKey)));
    }
  });

  test.each(lowOrderPoints.map((point) => point.toString('hex')))('refuses the low-order point %s', (hex) => {
    const publicKey = Buffer.from(hex, 'hex');
    const privateKey = importPrivateKey(Buffer.alloc(32, 0x11));
    expect(x25519({ privateKey, publicKey })).toBeUndefined();
    expect(deriveKey({ privateKey, publicKey })).toBeUndefined();
    expect(() => noble.getSharedSecret(Buffer.alloc(32, 0x11), publicKey)).toThrow();
  });

  test('refuses public and private keys of other lengths, and keys of another curve', () => {
    for (const bytes of [0, 31, 33, 64]) {
      expect(x25519({ privateKey: vector.serverPrivate, publicKey: Buffer.alloc(bytes, 9) })).toBeUndefined();
      expect(() => importPrivateKey(Buffer.alloc(bytes, 9))).toThrow(RangeError);
    }
    const { privateKey } = generateKeyPairSync('ed25519');
    expect(() => publicKeyOf(privateKey)).toThrow(TypeError);
    expect(() => exportPrivateKey(privateKey)).toThrow(TypeError);
  });
});

type Group = {
  tests: {
    tcId: number;
    flags: string[];
    public: string;
    private: string;
    shared: string;
    result: 'valid' | 'acceptable';
  }[];
};

wycheproof<Group>('x25519_test.json', (groups) => {
  test('Wycheproof X25519: the secret is that of the vector, but zero secrets are refused', () => {
    const seen = { agreed: 0, refused: 0 };
    for (const { tcId, flags, ...vector } of groups.flatMap((group) => group.tests)) {
      const privateKey = importPrivateKey(Buffer.from(vector.private, 'hex'));
      const secret = x25519({ privateKey, publicKey: Buffer.from(vector.public, 'hex') });
      const isRefused = flags.includes('ZeroSharedSecret');
      // Twists and non-canonical public keys are computed as RFC 7748 says; only a zero secret is refused.
      expect(secret?.toString('hex'), `tcId ${tcId}`).toBe(isRefused ? undefined : vector.shared);
      if (isRefused) expect(vector, `tcId ${tcId}`).toMatchObject({ result: 'acceptable', shared: '0'.repeat(64) });
      seen[isRefused ? 'refused' : 'agreed']++;
    }
    expect(seen).toEqual({ agreed: 487, refused: 31 });
  });
});
