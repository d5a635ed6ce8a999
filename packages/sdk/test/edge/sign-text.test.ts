import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signText } from '../../src/edge/sign-text.ts';
import { verifyRequestSignature } from '../../src/node/request-signature.ts';

const parts = ['self', 'GET:/users/{id}', '2026-11-01T00:00:00.000Z'] as const;
const pairs = {
  RSA: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
};

describe('a signature by WebCrypto', () => {
  it.each(Object.entries(pairs))(
    'with a key of %s is one that the server verifies',
    async (_, { privateKey, publicKey }) => {
      const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      const publicPem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
      // Of ECDSA every one is another; numbers with leading zeros, or a bit that would be a sign, come by chance.
      for (let round = 0; round < 40; round += 1)
        expect(verifyRequestSignature(...parts, await signText(parts.join('|'), pem), publicPem)).toBe(true);
      expect(verifyRequestSignature(...parts, await signText('another text', pem), publicPem)).toBe(false);
    },
  );

  it.each([
    ['nothing', ''],
    ['no PEM', 'a private key'],
    ['PEM of something else', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
    ['PKCS#1', pairs.RSA.privateKey.export({ format: 'pem', type: 'pkcs1' }).toString()],
    [
      'a key for something else',
      generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    ],
    [
      'half a key',
      pairs['P-256'].privateKey
        .export({ format: 'pem', type: 'pkcs8' })
        .toString()
        .replace(/\n.{20}/, '\n'),
    ],
  ])('is not made with %s, and what was read is not told', async (_, pem) => {
    const failure = await signText('text', pem).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(failure).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('KEYWARD_PRIVATE_KEY') });
    expect(pem.length > 20 && failure?.message.includes(pem.slice(30, 50))).toBe(false);
  });
});
