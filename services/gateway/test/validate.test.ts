import { request } from 'node:http';
import type { DecisionReply } from '@keyward/contract/decisions';
import { createEphemeralKey } from '@keyward/envelope/ephemeral-key';
import { openReplyV1 } from '@keyward/envelope/v1/open-reply';
import { sealV1 } from '@keyward/envelope/v1/seal';
import { parseEnvelopeV1 } from '@keyward/envelope/v1/wire';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  clientId,
  facts,
  type GatewayFixture,
  post,
  serverKey,
  serviceToken,
  startGateway,
  validateUrl,
} from './gateway-fixture.ts';
import { startValidatorTwin, type ValidatorTwin } from './validator-twin.ts';

const own = new AsyncDisposableStack();
let validator: ValidatorTwin;
let gateway: GatewayFixture;
beforeAll(async () => {
  validator = own.use(await startValidatorTwin());
  gateway = own.use(
    await startGateway({ validatorUrls: [validator.url], environment: { DECISION_TIMEOUT_MS: '400' } }),
  );
});
afterAll(() => own.disposeAsync());
beforeEach(() => {
  validator.calls.length = 0;
  validator.onCall = (call) => call.allowAll();
});

const lastItem = () => validator.calls.at(-1)?.items[0];
const enveloped = { 'X-Apikee-Encrypted': '1' };
const sealed = (body: unknown, ephemeral = createEphemeralKey()) =>
  sealV1({ recipientPublicKey: gateway.key.publicKey, plaintext: JSON.stringify(body), ephemeral });

function answerWith(reply: DecisionReply): void {
  validator.onCall = (call) => call.line(0, reply).response.end();
}

describe('a validation', () => {
  it.each(['1', '0', undefined])('is answered as published, X-Apikee-Encrypted: %s', async (header) => {
    const headers = header === undefined ? {} : { 'X-Apikee-Encrypted': header };
    const answer = await post(gateway, { headers, body: header === '1' ? sealed(facts) : facts });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      success: true,
      clientId,
      project_env: 'shop-production',
      method_path: 'GET:/users',
      durationMs: expect.any(Number),
    });
    expect(String(answer.json.durationMs)).toMatch(/^\d+(\.\d{1,3})?$/);
  });

  it('says when it was decided without the store', async () => {
    const decided = { kind: 'decided', clientId, projectEnv: 'shop-production' } as const;
    answerWith({ ...decided, verdict: 'ALLOWED', degraded: true });
    const { status, json } = await post(gateway, { body: facts });
    expect([status, json.success, json.degraded]).toEqual([200, true, true]);
    answerWith({ ...decided, verdict: 'REVOKED' });
    expect((await post(gateway, { body: facts })).json).not.toHaveProperty('degraded');
  });

  it('tells of the key that is let through, to whoever asks', async () => {
    const key = { id: 'k', name: null, clientId, scopes: ['read'], metadata: { plan: 'pro' }, expiresAt: null };
    const decided = { kind: 'decided', clientId, projectEnv: 'shop-production' } as const;
    answerWith({ ...decided, verdict: 'ALLOWED', key: { ...key, lastUsedAt: null, useCount: null } });
    const { json } = await post(gateway, { body: { ...facts, tellKey: true } });
    expect(lastItem()).toMatchObject({ tellsKey: true });
    const { clientId: _, ...told } = key;
    expect(json.key).toEqual(told);
    await post(gateway, { body: { ...facts, tellKey: false } });
    expect(lastItem()).not.toHaveProperty('tellsKey');
  });

  it('asks the validator with what it needs, and not with the payload', async () => {
    await post(gateway, { headers: enveloped, body: sealed({ ...facts, remoteAddress: '10.1.2.3' }) });
    expect(lastItem()).toEqual({
      eventId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      serverKey,
      clientId,
      projectEnv: 'shop-production',
      methodPath: 'GET:/users',
      name: 'default',
      timestampMs: Date.UTC(2026, 10, 20, 12, 0, 0, 123),
      headers: facts.headers,
      remoteAddress: '10.1.2.3',
      replayId: expect.stringMatching(/^[\w-]{43}$/),
      elapsedUs: expect.any(Number),
    });
    expect(validator.calls[0]?.headers).toMatchObject({ 'x-keyward-service-token': serviceToken });
  });

  it.each([
    ['abc-_', 'abc-_'],
    ['', ''],
    ['x'.repeat(2_048), 'x'.repeat(2_048)],
    ['x'.repeat(2_049), ''],
  ])('that is signed passes on the signature, with what it is over as it was sent (%#)', async (sent, value) => {
    const path = `/api/v1/client/${clientId.toUpperCase()}?method_path=get%3A%3A%3A%2Fa+b`;
    await post(gateway, { path, headers: { 'X-Apikee-Signature': sent }, body: facts });
    expect(lastItem()).toMatchObject({
      clientId,
      methodPath: 'get:::/a b',
      signature: { value, clientId: clientId.toUpperCase(), timestamp: facts.timestamp },
    });
  });

  it('that is signed twice passes on what no key verifies', async () => {
    const headers = {
      'content-type': 'application/json',
      'x-api-key': serverKey,
      'x-apikee-signature': ['abc', 'abc'],
    };
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    const sending = request(gateway.url + validateUrl, { method: 'POST', headers }, (answer) => {
      resolve(answer.resume().statusCode);
    });
    sending.on('error', reject).end(JSON.stringify(facts));
    expect(await promise).toBe(200);
    expect(lastItem()?.signature?.value).not.toMatch(/^[\w-]+=*$/);
  });

  it('has no replay id when it came plain', async () => {
    await post(gateway, { body: facts });
    expect(lastItem()).not.toHaveProperty('replayId');
  });

  it('echoes method_path exactly as sent and lower-cases the client, with the headers of published SDKs', async () => {
    const path = `/api/v1/client/${clientId.toUpperCase()}?method_path=GET%3A%3A%3A%2Fusers%2F1+2`;
    const headers = { Authorization: `Bearer ${serverKey}`, 'X-Api-Key': '', Connection: 'close' };
    const { 'X-Api-Key': _, ...bearer } = headers;
    const response = await fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...bearer },
      body: JSON.stringify(facts),
    });
    expect(await response.json()).toMatchObject({ success: true, clientId, method_path: 'GET:::/users/1 2' });
    expect(lastItem()).toMatchObject({ serverKey, clientId, methodPath: 'GET:::/users/1 2' });
  });

  it('may name its client `self`, with a trailing slash', async () => {
    const answer = await post(gateway, { path: '/api/v1/client/self/?method_path=GET:/a', body: facts });
    expect(answer.json).toMatchObject({ success: true, clientId: 'self' });
  });

  it('that is refused is HTTP 200 with what the application should answer', async () => {
    const expiredAt = '2026-01-01T00:00:00.000Z';
    answerWith({ kind: 'decided', verdict: 'EXPIRED', clientId, projectEnv: 'shop-production', expiredAt });
    const answer = await post(gateway, { body: facts });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      success: false,
      clientId,
      project_env: 'shop-production',
      method_path: 'GET:/users',
      durationMs: expect.any(Number),
      status: 401,
      code: 'EXPIRED',
      message: 'The API key has expired.',
      expiredAt,
    });
  });

  it('without a verdict is 503 with Retry-After: stores away, or the deadline passed', async () => {
    answerWith({ kind: 'unavailable', retryAfterSeconds: 7 });
    const away = await post(gateway, { body: facts });
    expect([away.status, away.headers.get('retry-after'), away.json.error]).toEqual([503, '7', 'UNAVAILABLE']);
    // Of its own, since a call that leaves as the deadline passes would arrive in the next test.
    await using silent = await startValidatorTwin();
    silent.onCall = () => {};
    await using impatient = await startGateway({
      validatorUrls: [silent.url],
      environment: { DECISION_TIMEOUT_MS: '400' },
    });
    const late = await post(impatient, { body: facts });
    expect([late.status, late.headers.get('retry-after'), late.json.error]).toEqual([503, '1', 'UNAVAILABLE']);
    for (const call of silent.calls) call.kill();
  });
});

describe('the server key', () => {
  it.each([
    ['none', {}],
    ['another kind', { 'X-Api-Key': issueOpaqueKey('xyp') }],
    ['a wrong checksum', { 'X-Api-Key': `${serverKey.slice(0, -1)}${serverKey.endsWith('0') ? '1' : '0'}` }],
    ['a customer key', { 'X-Api-Key': 'apikee_abc.def' }],
    ['no bearer', { Authorization: `Basic ${serverKey}` }],
    ['two', { Authorization: `Bearer ${serverKey} ${serverKey}` }],
  ])('%s: 401 before anything is opened, in the bytes of an unknown one', async (_what, headers) => {
    answerWith({ kind: 'unauthenticated' });
    const unknown = await post(gateway, { body: facts });
    const response = await fetch(gateway.url + validateUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...enveloped, ...headers },
      body: 'no envelope',
    });
    expect([unknown.status, response.status]).toEqual([401, 401]);
    expect(withoutId(await response.text())).toBe(withoutId(unknown.text));
    expect(unknown.json.error).toBe('UNAUTHENTICATED');
    expect(validator.calls).toHaveLength(1);
  });

  it('that is not for validations: 403, and no verdict', async () => {
    answerWith({ kind: 'forbidden' });
    const { status, json } = await post(gateway, { body: facts });
    expect([status, json.error, 'success' in json]).toEqual([403, 'FORBIDDEN', false]);
  });
});

describe('a derived key', () => {
  it('is remembered only once the validator accepted the server key', async () => {
    const derived = vi.spyOn(
      await import('@keyward/envelope/derived-key-cache').then((m) => m.DerivedKeyCache.prototype),
      'remember',
    );
    const body = () => sealed(facts, ephemeral);
    const ephemeral = createEphemeralKey();
    answerWith({ kind: 'unauthenticated' });
    await post(gateway, { headers: enveloped, body: body() });
    answerWith({ kind: 'unavailable', retryAfterSeconds: 1 });
    await post(gateway, { headers: enveloped, body: body() });
    expect(derived).not.toHaveBeenCalled();
    validator.onCall = (call) => call.allowAll();
    await post(gateway, { headers: enveloped, body: body() });
    expect(derived).toHaveBeenCalledOnce();
    expect(derived.mock.calls[0]?.[0].epk).toEqual(ephemeral.publicKey);
    expect((await post(gateway, { headers: enveloped, body: body() })).json.success).toBe(true);
    derived.mockRestore();
  });
});

describe('a sealed reply', () => {
  const accept = { 'X-Apikee-Accept': 'envelope' };

  it('opens with the key of the request', async () => {
    const ephemeral = createEphemeralKey();
    const answer = await post(gateway, { headers: { ...enveloped, ...accept }, body: sealed(facts, ephemeral) });
    expect(answer.headers.get('x-apikee-encrypted')).toBe('1');
    expect(Object.keys(answer.json)).toEqual(['v', 'epk', 'iv', 'ct']);
    const envelope = parseEnvelopeV1(answer.json);
    const plaintext = envelope && openReplyV1({ envelope, privateKey: ephemeral.privateKey });
    expect(JSON.parse(String(plaintext))).toMatchObject({ success: true, clientId });
    expect(envelope?.epk).not.toEqual(gateway.key.publicKey);
  });

  it('is not given to a plain request, which has no key to seal to', async () => {
    const answer = await post(gateway, { headers: accept, body: facts });
    expect(answer.json.success).toBe(true);
    expect(answer.headers.has('x-apikee-encrypted')).toBe(false);
  });
});

describe('input', () => {
  it.each([
    ['misses everything', {}, ['/timestamp', '/headers']],
    ['is no object', 'text', ['']],
    [
      'has wrong types',
      { timestamp: 1, headers: { a: 1 }, name: 2, remoteAddress: 3 },
      ['/timestamp', '/headers/a', '/name', '/remoteAddress'],
    ],
    ['names a day that does not exist', { ...facts, timestamp: '2026-02-30T00:00:00Z' }, ['/timestamp']],
  ])('that %s: INVALID_INPUT with every fault, enveloped or plain', async (_what, body, paths) => {
    for (const request of [{ headers: enveloped, body: sealed(body) }, { body: JSON.stringify(body) }]) {
      const answer = await post(gateway, request);
      expect([answer.status, answer.json.error]).toEqual([400, 'INVALID_INPUT']);
      const told = JSON.stringify(answer.json);
      for (const path of paths) expect(told).toContain(path.split('/').at(-1));
    }
    expect(validator.calls).toHaveLength(0);
  });

  it.each([
    ['no method_path', `/api/v1/client/${clientId}`, 'method_path'],
    ['two of method_path', `/api/v1/client/${clientId}?method_path=GET:/a&method_path=GET:/b`, 'method_path'],
    ['a method_path of no method', `/api/v1/client/${clientId}?method_path=users`, 'method_path'],
    ['an id that is none', '/api/v1/client/one?method_path=GET:/a', 'id'],
  ])('with %s: INVALID_INPUT that names it', async (_what, path, name) => {
    const answer = await post(gateway, { path, body: facts });
    expect([answer.status, answer.json.error]).toEqual([400, 'INVALID_INPUT']);
    expect(JSON.stringify(answer.json.errors)).toContain(name);
  });

  it('that is not JSON: 400; of another content type: 415', async () => {
    expect((await post(gateway, { body: 'no json' })).json).toMatchObject({ status: 400, error: 'BAD_REQUEST' });
    expect((await post(gateway, { body: '' })).json).toMatchObject({ status: 400, error: 'BAD_REQUEST' });
    const answer = await post(gateway, { headers: { 'Content-Type': 'text/plain' }, body: facts });
    expect(answer.json).toMatchObject({ status: 415, error: 'UNSUPPORTED_MEDIA_TYPE' });
  });
});

describe('an envelope that does not open', () => {
  const u = (bytes: Buffer) => bytes.toString('base64url');
  const flip = (text: string, at: number) => {
    const bytes = Buffer.from(text, 'base64url');
    bytes.writeUInt8(bytes.readUInt8(at < 0 ? bytes.length + at : at) ^ 1, at < 0 ? bytes.length + at : at);
    return u(bytes);
  };
  const good = () => sealed(facts);
  const inside = (plaintext: string | Buffer) => sealV1({ recipientPublicKey: gateway.key.publicKey, plaintext });
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  /** The points of order 1, 2, 4 and 8 on the curve and its twist, and their non-canonical spellings (RFC 7748 §6.1). */
  const lowOrder = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ];
  const bad: [string, () => unknown][] = [
    ['is no JSON', () => 'garbage'],
    ['is empty', () => ''],
    ['is no object', () => '[]'],
    ['has a number for its version', () => ({ ...good(), v: 1 })],
    ['has version 2', () => ({ ...good(), v: '2' })],
    ['misses v', () => ({ ...good(), v: undefined })],
    ['misses epk', () => ({ ...good(), epk: undefined })],
    ['misses iv', () => ({ ...good(), iv: undefined })],
    ['misses ct', () => ({ ...good(), ct: undefined })],
    ['has no text as ct', () => ({ ...good(), ct: { a: 1 } })],
    ['has a short epk', () => ({ ...good(), epk: u(Buffer.alloc(31, 9)) })],
    ['has a long epk', () => ({ ...good(), epk: u(Buffer.alloc(33, 9)) })],
    ['has an epk of 100 kB', () => ({ ...good(), epk: 'A'.repeat(100_000) })],
    ['has a short iv', () => ({ ...good(), iv: u(Buffer.alloc(11)) })],
    ['has a long iv', () => ({ ...good(), iv: u(Buffer.alloc(16)) })],
    ['has a ct shorter than a tag', () => ({ ...good(), ct: u(Buffer.alloc(15)) })],
    ['has a ct of a tag only', () => ({ ...good(), ct: u(Buffer.alloc(16)) })],
    ['has a padded epk', () => ({ ...good(), epk: `${good().epk}=` })],
    [
      'has an epk in standard base64',
      () => ({ ...good(), epk: Buffer.alloc(32, 255).toString('base64').slice(0, 43) }),
    ],
    ['has white space in ct', () => ({ ...good(), ct: ` ${good().ct}` })],
    [
      'has a flipped bit in epk',
      () => {
        const e = good();
        return { ...e, epk: flip(e.epk, 5) };
      },
    ],
    [
      'has a flipped bit in iv',
      () => {
        const e = good();
        return { ...e, iv: flip(e.iv, 5) };
      },
    ],
    [
      'has a flipped bit in its text',
      () => {
        const e = good();
        return { ...e, ct: flip(e.ct, 5) };
      },
    ],
    [
      'has a flipped bit in its tag',
      () => {
        const e = good();
        return { ...e, ct: flip(e.ct, -1) };
      },
    ],
    ['is sealed to another key', () => sealV1({ recipientPublicKey: createEphemeralKey().publicKey, plaintext: '{}' })],
    ['holds no JSON', () => inside('no json')],
    ['holds nothing', () => inside('')],
    ['holds broken UTF-8', () => inside(Buffer.from([0x22, 0xff, 0x22]))],
    ['holds JSON 33 levels deep', () => inside(deep(33))],
    ['holds JSON 90,000 levels deep', () => inside(deep(90_000))],
    ['is itself 100,000 levels deep', () => deep(100_000)],
    ...lowOrder.map((hex): [string, () => unknown] => [
      `has the low-order point ${hex.slice(0, 6)}`,
      () => ({ ...good(), epk: u(Buffer.from(hex, 'hex')) }),
    ]),
  ];

  it.each(bad)('because it %s: one indistinct 400, and the service stays up', async (_what, make) => {
    const reference = await post(gateway, { headers: enveloped, body: { v: '3' } });
    const answer = await post(gateway, { headers: enveloped, body: make() });
    expect([answer.status, answer.json.error]).toEqual([400, 'INVALID_ENVELOPE']);
    expect(withoutId(answer.text)).toBe(withoutId(reference.text));
    expect([...answer.headers.keys()].sort()).toEqual([...reference.headers.keys()].sort());
    expect(validator.calls).toHaveLength(0);
    expect((await post(gateway, { headers: enveloped, body: good() })).json.success).toBe(true);
  });

  it('32 levels are not too deep', async () => {
    const answer = await post(gateway, { headers: enveloped, body: inside(deep(32)) });
    expect(answer.json.error).toBe('INVALID_INPUT');
  });

  it('a forged epk of the same secret is known as the same envelope', async () => {
    const ephemeral = createEphemeralKey();
    const envelope = sealed(facts, ephemeral);
    await post(gateway, { headers: enveloped, body: envelope });
    const first = lastItem()?.replayId;
    const epk = Buffer.from(envelope.epk, 'base64url');
    epk.writeUInt8(epk.readUInt8(31) | 0x80, 31); // RFC 7748 §5: "implementations MUST mask the most significant bit"
    const answer = await post(gateway, { headers: enveloped, body: { ...envelope, epk: u(epk) } });
    expect(answer.json.success).toBe(true);
    expect(lastItem()?.replayId).toBe(first);
  });
});

describe('size', () => {
  it.each([
    ['262,145 bytes', 262_145],
    ['1 MB', 1_048_576],
    ['3 MB', 3 * 1_048_576],
  ])('a body of %s: 413, and the service stays up', async (_what, bytes) => {
    for (const headers of [enveloped, {}]) {
      const answer = await post(gateway, { headers, body: `"${'x'.repeat(bytes - 2)}"` });
      expect([answer.status, answer.json.error]).toEqual([413, 'TOO_LARGE']);
    }
    expect((await post(gateway, { body: facts })).json.success).toBe(true);
  });

  it('a body of 262,144 bytes passes', async () => {
    const rest = 262_144 - JSON.stringify({ ...facts, payload: '' }).length;
    expect((await post(gateway, { body: { ...facts, payload: 'x'.repeat(rest) } })).json.success).toBe(true);
  });
});

function withoutId(text: string): string {
  return text.replace(/"requestId":"[^"]+"/, '');
}
