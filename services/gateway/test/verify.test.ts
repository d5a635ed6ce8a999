import type { DecisionReply } from '@keyward/contract/decisions';
import { sealV1 } from '@keyward/envelope/v1/seal';
import { newId } from '@keyward/kit/random';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type GatewayFixture, post, serverKey, startGateway } from './gateway-fixture.ts';
import { startValidatorTwin, type ValidatorTwin } from './validator-twin.ts';

const path = '/api/v1/key/verify';
const rawKey = 'apikee_abc.def';
const key = {
  ...{ id: newId(), name: 'first', clientId: newId(), scopes: ['read'], metadata: { plan: 'pro', deep: { er: [1] } } },
  ...{ expiresAt: null, lastUsedAt: '2026-11-20T12:00:00.000Z', useCount: 7 },
};
const decided = { kind: 'decided', clientId: key.clientId, projectEnv: 'shop-production' } as const;
const good: DecisionReply = { ...decided, verdict: 'ALLOWED', key };

const own = new AsyncDisposableStack();
let validator: ValidatorTwin;
let gateway: GatewayFixture;
beforeAll(async () => {
  validator = own.use(await startValidatorTwin());
  gateway = own.use(await startGateway({ validatorUrls: [validator.url] }));
});
afterAll(() => own.disposeAsync());
beforeEach(() => {
  validator.calls.length = 0;
  answerWith(good);
});

const lastItem = () => validator.calls.at(-1)?.items[0];
const verify = (body: unknown, headers: Record<string, string> = {}) => post(gateway, { path, body, headers });
const envelope = (body: unknown) =>
  sealV1({ recipientPublicKey: gateway.key.publicKey, plaintext: JSON.stringify(body) });

function answerWith(reply: DecisionReply): void {
  validator.onCall = (call) => call.line(0, reply).response.end();
}

describe('a verification', () => {
  it('is asked with the key alone, as of now, and answered with what is known of the key', async () => {
    const beforeMs = Date.now();
    const { status, json } = await verify({ key: rawKey });
    expect(status).toBe(200);
    expect(json).toEqual({ valid: true, code: 'ALLOWED', status: 200, message: 'The key is valid.', key });
    expect(lastItem()).toEqual({
      eventId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      serverKey,
      clientId: 'self',
      timestampMs: expect.any(Number),
      headers: {},
      verify: { key: rawKey },
      elapsedUs: expect.any(Number),
    });
    expect(lastItem()?.timestampMs).toBeGreaterThanOrEqual(beforeMs);
    expect(lastItem()?.timestampMs).toBeLessThanOrEqual(Date.now());
  });

  it('is asked with all that it says', async () => {
    const productId = newId();
    await verify({
      ...{ key: rawKey, requiredScopes: ['read', 'a:b'], productId: productId.toUpperCase(), projectEnv: 'p' },
      ...{ trackUsage: false, cost: 3, ip: '2001:db8::7', methodPath: 'get:::/a b', userAgent: 'curl/8' },
      ...{ timestamp: '2026-11-20T12:00:00.123456Z', checkRateLimit: true },
    });
    expect(lastItem()).toMatchObject({
      ...{ projectEnv: 'p', methodPath: 'get:::/a b', remoteAddress: '2001:db8::7', cost: 3 },
      headers: { 'user-agent': 'curl/8' },
      timestampMs: Date.UTC(2026, 10, 20, 12, 0, 0, 123),
      verify: { key: rawKey, requiredScopes: ['read', 'a:b'], productId, untracked: true },
    });
  });

  it.each([
    [{ checkRateLimit: false }, 0],
    [{ checkRateLimit: false, cost: 0 }, 0],
    [{ checkRateLimit: true, cost: 2 }, 2],
  ])('that says %o costs %i', async (options, cost) => {
    await verify({ key: rawKey, ...options });
    expect(lastItem()?.cost).toBe(cost);
  });

  it('may come in an envelope, which has an id, and then says when it was sent', async () => {
    const timestamp = '2026-11-20T12:00:00Z';
    const enveloped = { 'X-Apikee-Encrypted': '1' };
    expect((await verify(envelope({ key: rawKey, timestamp }), enveloped)).json.valid).toBe(true);
    expect(lastItem()).toMatchObject({ replayId: expect.stringMatching(/^[\w-]{43}$/), verify: { key: rawKey } });
    const timeless = await verify(envelope({ key: rawKey }), enveloped);
    expect([timeless.status, timeless.json.errors]).toEqual([
      400,
      [{ path: '/timestamp', message: 'is required in an envelope' }],
    ]);
  });

  it('that is signed passes the signature on, and without a timestamp what no key verifies', async () => {
    const timestamp = '2026-11-20T12:00:00Z';
    await verify({ key: rawKey, timestamp, methodPath: 'GET:/a' }, { 'X-Apikee-Signature': 'abc' });
    expect(lastItem()?.signature).toEqual({ value: 'abc', clientId: 'self', timestamp });
    await verify({ key: rawKey }, { 'X-Apikee-Signature': 'abc' });
    expect(lastItem()?.signature).toEqual({ value: '', clientId: 'self', timestamp: '' });
  });

  it('that is refused says what to answer, and when to come again', async () => {
    const exceeded = { subject: 'key', window: 'day', retryAfterSeconds: 9 } as const;
    answerWith({ ...decided, verdict: 'RATE_LIMITED', exceeded, key });
    const { status, headers, json } = await verify({ key: rawKey });
    expect([status, headers.get('retry-after')]).toEqual([200, '9']);
    expect(json).toEqual({
      ...{ valid: false, code: 'RATE_LIMITED', status: 429, message: 'A rate limit is used up.', key },
      ...exceeded,
    });
    answerWith({ ...decided, verdict: 'INVALID_KEY', asStatus: true });
    expect((await verify({ key: rawKey })).status).toBe(401);
  });

  it('is not allowed by a validator that tells nothing of the key: it has not looked at the scopes', async () => {
    answerWith({ ...decided, verdict: 'ALLOWED' });
    const { status, json } = await verify({ key: rawKey, requiredScopes: ['admin'] });
    expect([status, json.error]).toEqual([503, 'UNAVAILABLE']);
    answerWith({ ...decided, verdict: 'REVOKED' });
    expect((await verify({ key: rawKey })).json.code).toBe('REVOKED');
  });

  it('is answered 400 without the key in the answer, 401 and 503 as a validation is', async () => {
    const refused = await verify({ key: rawKey, unknown: 1 });
    expect([refused.status, refused.json.errors]).toEqual([
      400,
      [{ path: '/unknown', message: 'is not a known field' }],
    ]);
    expect(refused.text).not.toContain(rawKey);
    for (const body of ['[]', '7', 'null', '"x"']) expect((await verify(body)).json.error).toBe('INVALID_INPUT');
    expect((await verify('{')).json.error).toBe('BAD_REQUEST');
    answerWith({ kind: 'unauthenticated' });
    expect((await verify({ key: rawKey })).status).toBe(401);
    answerWith({ kind: 'unavailable', retryAfterSeconds: 4 });
    const away = await verify({ key: rawKey });
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '4']);
  });
});
