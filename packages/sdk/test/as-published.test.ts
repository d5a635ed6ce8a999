/**
 * What the published `apikee` 0.1.2 gets wrong, and code that is written for it relies on being right. What needs a server
 * or a framework is in tests/e2e/sdk.
 */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { sealV1 } from '@keyward/envelope/v1/seal';
import { importPrivateKey, publicKeyOf } from '@keyward/envelope/x25519';
import { describe, expect, test } from 'vitest';
import * as forExpress from '../src/adapters/express.ts';
import * as forFastify from '../src/adapters/fastify.ts';
import * as forHono from '../src/adapters/hono.ts';
import {
  Apikee,
  ApikeeError,
  ApikeeKeyEngine,
  decryptPayload,
  encryptPayload,
  hashKey,
  signRequest,
  verifyRequestSignature,
} from '../src/index.ts';

const apikee = new Apikee({ secret: 'test-secret' });

test('all its names are there', () => {
  expect(new ApikeeKeyEngine(['a']).create({ tenant: 'acme' })).toMatch(/^apikee_/);
  expect([forExpress.apikeeMiddleware, forExpress.requireScope, forExpress.injectSwagger]).not.toContain(undefined);
  expect([forFastify.apikeePlugin, forFastify.injectFastifySwagger]).not.toContain(undefined);
  expect([forHono.apikeeMiddleware, forHono.requireScope]).not.toContain(undefined);
  expect([apikee.headerName, apikee.defaultExpiresIn, apikee.serverMode]).toEqual(['x-api-key', '90d', false]);
});

test('creating, verifying and protecting, as its documentation shows', async () => {
  const key = await apikee.create('acme-corp', { scopes: ['read', 'write'], expiresIn: '90d', meta: { plan: 'pro' } });
  expect(apikee.verify(key)).toEqual({
    id: expect.any(String),
    tenant: 'acme-corp',
    scopes: ['read', 'write'],
    expiresAt: expect.any(Date),
    notBefore: null,
    environment: 'production',
    meta: { plan: 'pro' },
    rawKey: key,
  });
  expect(apikee.protect(key).tenant).toBe('acme-corp');
  expect(() => apikee.protect(undefined)).toThrow(ApikeeError);
  expect(() => apikee.protect('nonsense')).toThrow(expect.objectContaining({ code: 'INVALID_PREFIX' }));
});

test('a key ends when `expiresAt` says, where `expiresIn` says nothing', async () => {
  const expiresAt = new Date(Date.UTC(2100, 0, 1));
  expect(apikee.verify(await apikee.create('acme', { expiresAt })).expiresAt).toEqual(expiresAt);
  const sooner = apikee.verify(await apikee.create('acme', { expiresAt, expiresIn: '1h' })).expiresAt;
  expect(sooner?.getTime()).toBeLessThan(expiresAt.getTime());
});

test('a key has one identity, however it is padded with zeros', async () => {
  const key = await apikee.create('acme');
  const padded = key.replace('apikee_', 'apikee_00').replace('.', '.0');
  expect(apikee.verify(padded).tenant).toBe('acme');
  expect(hashKey(padded)).toBe(hashKey(key));
  expect(hashKey(key)).toBe(createHash('sha256').update(key).digest('hex'));
});

test('middleware without any argument reads the environment, and says what is missing', () => {
  expect(() => forExpress.keywardMiddleware()).toThrow(/KEYWARD_SECRET is not set/);
  expect(() => forHono.keywardMiddleware()).toThrow(/KEYWARD_SECRET is not set/);
});

describe('envelopes', () => {
  const privateKey = Buffer.alloc(32, 0x11);
  const publicKey = publicKeyOf(importPrivateKey(privateKey)).toString('base64');

  test('are made and opened', () => {
    const envelope = encryptPayload({ name: 'default' }, publicKey);
    expect(Object.keys(envelope)).toEqual(['v', 'epk', 'iv', 'ct']);
    expect(decryptPayload(envelope, privateKey)).toEqual({ name: 'default' });
    expect(() => decryptPayload({ ...envelope, iv: 'AAAAAAAAAAAAAAAA' }, privateKey)).toThrow(ApikeeError);
  });

  test('with something else than JSON in them are named as such, and not quoted', () => {
    const recipientPublicKey = Buffer.from(publicKey, 'base64');
    const envelope = sealV1({ recipientPublicKey, plaintext: 'sk_live_secret' });
    const opening = () => decryptPayload(envelope, privateKey);
    expect(opening).toThrow(
      expect.objectContaining({ code: 'DECODE_ERROR', message: expect.not.stringContaining('sk_') }),
    );
  });

  test('are made to no key of zeros, and to none that is no key', () => {
    for (const none of [Buffer.alloc(32).toString('base64'), '', 'short'])
      expect(() => encryptPayload({}, none)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
  });
});

test.each([
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2_048 })],
  ['ECDSA', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
] as const)('a request is signed with %s, and the signature verified', (_, { privateKey, publicKey }) => {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const facts = ['client', 'GET:/users', '2026-11-20T12:00:00.000Z'] as const;
  const signature = signRequest(...facts, pem);
  expect(verifyRequestSignature(...facts, signature, publicPem)).toBe(true);
  expect(verifyRequestSignature('other', 'GET:/users', facts[2], signature, publicPem)).toBe(false);
  expect(verifyRequestSignature(...facts, 'nonsense', publicPem)).toBe(false);
  expect(verifyRequestSignature(...facts, signature, 'no key')).toBe(false);
  expect(() => signRequest(...facts, `${pem.slice(0, 60)}`)).toThrow(expect.not.stringContaining(pem.slice(30, 60)));
});

describe('a document of OpenAPI', () => {
  test('asks for keys once, however often it is said, and only where an operation says nothing of its own', () => {
    const document = {
      openapi: '3.1.0',
      paths: { '/data': { parameters: [], get: {}, post: { security: [] } }, '/ref': null },
    };
    apikee.injectSwagger(document);
    forExpress.injectSwagger(document);
    expect(document).toEqual({
      openapi: '3.1.0',
      components: {
        securitySchemes: {
          ApikeeAuth: { type: 'apiKey', in: 'header', name: 'x-api-key', description: expect.any(String) },
        },
      },
      security: [{ ApikeeAuth: [] }],
      paths: {
        '/data': { parameters: [], get: { security: [{ ApikeeAuth: [] }] }, post: { security: [] } },
        '/ref': null,
      },
    });
  });
});
