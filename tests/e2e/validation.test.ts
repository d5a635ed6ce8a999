import { createHmac } from 'node:crypto';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, facts, seal, validatePath, validatePlain, validateSealed } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describeStacks('a validation end to end', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const sealed = (options: Parameters<typeof validateSealed>[2]) =>
    validateSealed(environment, platform.serverPublicKey, options);

  describe('of a good key', () => {
    it('is allowed through an envelope, and the answer is the one of wire.md', async () => {
      const client = await newClient(environment);
      const { status, body } = await sealed({
        key: client.key,
        clientId: client.id,
        projectEnv: environment.projectEnv,
      });
      expect(status).toBe(200);
      expect(body).toEqual({
        success: true,
        clientId: client.id,
        project_env: environment.projectEnv,
        method_path: 'GET:::/users/1 2',
        durationMs: expect.any(Number),
      });
    });

    it('is allowed as a plain body, by the client id and by self', async () => {
      const client = await newClient(environment);
      for (const clientId of [client.id, client.id.toUpperCase(), 'self']) {
        const { body } = await validatePlain(environment, { key: client.key, clientId });
        expect(body.success).toBe(true);
      }
      expect((await validatePlain(environment, { key: client.key })).body.clientId).toBe(client.id);
    });

    it('is allowed by Authorization: Bearer, by the same key twice, and with leading zeros', async () => {
      const { key } = await newClient(environment);
      const [payload, signature] = key.slice('apikee_'.length).split('.');
      const cases = [
        { authorization: `Bearer ${key}` },
        { 'x-api-key': key, Authorization: `bearer ${key}` },
        { 'x-api-key': `apikee_000${payload}.${signature}` },
        { 'x-api-key': `apikee_${payload}.0${signature}` },
      ];
      for (const headers of cases)
        expect((await validatePlain(environment, { headers })).body).toMatchObject({ success: true });
    });

    it('gets an envelope for an answer when it asks for one', async () => {
      const client = await newClient(environment);
      const { envelope, open } = seal(platform.serverPublicKey, JSON.stringify(facts({ key: client.key })));
      const headers = { 'X-Apikee-Encrypted': '1', 'X-Apikee-Accept': 'envelope' };
      const { body } = await call(environment, 'POST', validatePath({}), { body: envelope, headers });
      expect(Object.keys(body).sort()).toEqual(['ct', 'epk', 'iv', 'v']);
      expect(JSON.parse(open(body))).toMatchObject({ success: true, clientId: client.id });
    });

    it('is signed by the published rule with the environment’s secret', async () => {
      const { key } = await newClient(environment, { scopes: ['read'] });
      const [payload = '', signature = ''] = key.slice('apikee_'.length).split('.').map(decodeBase62);
      const claims = JSON.parse(Buffer.from(payload, 'hex').toString('utf8'));
      expect(claims).toMatchObject({ scp: ['read'], env: 'production' });
      expect(createHmac('sha256', environment.signingSecret).update(Buffer.from(payload, 'hex')).digest('hex')).toBe(
        signature,
      );
    });
  });

  describe('of a key that changed, on the very next request', () => {
    const refusals = [
      [
        'revoked',
        'REVOKED',
        (id: string, keyId: string) => call(environment, 'DELETE', `/client/${id}?keyId=${keyId}`),
      ],
      [
        'revoked by PUT',
        'REVOKED',
        (id: string, keyId: string) =>
          call(environment, 'PUT', `/client/${id}`, { body: { keys: [{ id: keyId, status: 'revoked' }] } }),
      ],
      [
        'disabled',
        'DISABLED',
        (id: string, keyId: string) =>
          call(environment, 'PUT', `/client/${id}`, { body: { keys: [{ id: keyId, enabled: false }] } }),
      ],
      [
        'expired by PUT',
        'EXPIRED',
        (id: string, keyId: string) =>
          call(environment, 'PUT', `/client/${id}`, {
            body: { keys: [{ id: keyId, expiresAt: '2020-01-01T00:00:00Z' }] },
          }),
      ],
      [
        'not yet valid',
        'NOT_YET_VALID',
        (id: string, keyId: string) =>
          call(environment, 'PUT', `/client/${id}`, {
            body: { keys: [{ id: keyId, notBefore: '2999-01-01T00:00:00Z' }] },
          }),
      ],
      [
        'of a disabled client',
        'CLIENT_DISABLED',
        (id: string) => call(environment, 'PUT', `/client/${id}`, { body: { status: 'disabled' } }),
      ],
      ['of a deleted client', 'REVOKED', (id: string) => call(environment, 'DELETE', `/client/${id}`)],
    ] as const;

    it.each(refusals)('%s: %s', async (_, code, change) => {
      const client = await newClient(environment);
      expect((await sealed({ key: client.key, clientId: client.id })).body.success).toBe(true);
      const changed = await change(client.id, client.keyId);
      expect(changed.status).toBe(200);
      expect(changed.body.propagation).toBeUndefined();
      const { status, body } = await sealed({ key: client.key, clientId: client.id });
      expect(status).toBe(200);
      expect(body).toMatchObject({ success: false, code, clientId: client.id });
    });

    it('enabled again: allowed', async () => {
      const client = await newClient(environment);
      const enable = (enabled: boolean) =>
        call(environment, 'PUT', `/client/${client.id}`, { body: { keys: [{ id: client.keyId, enabled }] } });
      await enable(false);
      expect((await sealed({ key: client.key })).body.code).toBe('DISABLED');
      await enable(true);
      expect((await sealed({ key: client.key })).body.success).toBe(true);
    });

    it('says when it expired', async () => {
      const client = await newClient(environment);
      const expiresAt = '2024-02-29T12:00:00.000Z';
      await call(environment, 'PUT', `/client/${client.id}`, { body: { keys: [{ id: client.keyId, expiresAt }] } });
      expect((await sealed({ key: client.key })).body).toMatchObject({
        code: 'EXPIRED',
        status: 401,
        expiredAt: expiresAt,
      });
    });
  });

  describe('of what is no key of this environment', () => {
    it('is INVALID_KEY whether it is malformed, unknown, signed by another secret, or another client’s', async () => {
      const client = await newClient(environment);
      const other = await newClient(environment);
      const foreign = await newClient(await platform.newEnvironment());
      const payload = client.key.slice('apikee_'.length).split('.')[0];
      const cases = {
        truncated: { key: client.key.slice(0, -3) },
        'without its signature': { key: client.key.split('.')[0] ?? '' },
        'signed by another secret': { key: `apikee_${payload}.${'1'.repeat(43)}` },
        'of 5,000 characters': { key: `apikee_${'a'.repeat(4_980)}.abc` },
        'not of the alphabet': { key: 'apikee_ä.b' },
        'an opaque key with a bad checksum': { key: `sk_live_${'a'.repeat(36)}` },
        'another client’s': { key: other.key, clientId: client.id },
        'another environment’s': { key: foreign.key },
        'of a client that does not exist': { key: client.key, clientId: '01a1fad6-21e2-791f-b458-61dd10db3d59' },
        'two different keys': { headers: { 'x-api-key': client.key, authorization: `Bearer ${other.key}` } },
        'the server key itself': { key: environment.serverKey },
      };
      for (const [name, options] of Object.entries(cases)) {
        const { status, body } = await validatePlain(environment, options);
        expect({ name, status, code: body.code, appStatus: body.status }).toEqual({
          name,
          status: 200,
          code: 'INVALID_KEY',
          appStatus: 401,
        });
      }
    });

    it('is MISSING_KEY without one', async () => {
      const { body } = await validatePlain(environment, { headers: { 'user-agent': 'x', authorization: 'Basic abc' } });
      expect(body).toMatchObject({ success: false, code: 'MISSING_KEY', status: 401 });
    });

    it('is ENVIRONMENT_UNKNOWN for another environment and for one that does not exist, with the same bytes', async () => {
      const other = await platform.newEnvironment();
      const { key } = await newClient(environment);
      const answers = [];
      for (const projectEnv of [other.projectEnv, 'no-such-environment']) {
        const { body } = await validatePlain(environment, { key, projectEnv });
        answers.push({ ...body, project_env: '', durationMs: 0 });
      }
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]).toMatchObject({ success: false, code: 'ENVIRONMENT_UNKNOWN', status: 403 });
    });
  });

  describe('that comes twice', () => {
    it('is allowed exactly once, however many come at the same time', async () => {
      const { key } = await newClient(environment);
      const { envelope } = seal(platform.serverPublicKey, JSON.stringify(facts({ key })));
      const send = () =>
        call(environment, 'POST', validatePath({}), { body: envelope, headers: { 'X-Apikee-Encrypted': '1' } });
      const bodies = (await Promise.all(Array.from({ length: 50 }, send))).map((answer) => answer.body);
      expect(bodies.filter((body) => body.success)).toHaveLength(1);
      expect(bodies.filter((body) => body.code === 'REPLAYED')).toHaveLength(49);
    });

    it('is refused outside the window of its timestamp', async () => {
      const { key } = await newClient(environment);
      for (const seconds of [-310, 310]) {
        const timestamp = new Date(Date.now() + seconds * 1_000).toISOString();
        expect((await sealed({ key, timestamp })).body).toMatchObject({
          success: false,
          code: 'STALE_REQUEST',
          status: 400,
        });
      }
    });

    it('takes timestamps as SDKs of all kinds write them', async () => {
      const { key } = await newClient(environment);
      const now = new Date().toISOString();
      const forms = [now, now.replace(/\.\d+Z$/, 'Z'), now.replace('Z', '+00:00'), now.replace(/Z$/, '123Z')];
      for (const timestamp of forms) expect((await sealed({ key, timestamp })).body).toMatchObject({ success: true });
    });
  });

  it('shows up in the client’s counts within 2 s, split by outcome', async () => {
    const client = await newClient(environment);
    for (let i = 0; i < 3; i += 1) await sealed({ key: client.key });
    await call(environment, 'DELETE', `/client/${client.id}?keyId=${client.keyId}`);
    await sealed({ key: client.key });
    const counted = await waitUntil(
      async () => {
        const { body } = await call(environment, 'GET', `/client/${client.id}`);
        return body.stats.total === 4 ? body : undefined;
      },
      { timeoutMs: 2_000, what: 'four decisions in the counts' },
    );
    expect(counted.stats).toMatchObject({ total: 4, success: 3, error: 1 });
    expect(counted.stats.avgDurationMs).toBeGreaterThan(0);
    expect(counted.keys[0]).toMatchObject({
      requestCount: 4,
      useCount: 3,
      status: 'revoked',
      lastUsedAt: expect.stringMatching(/^20/),
    });
  });

  it('is never refused for a server key that is good, and always for one that is not', async () => {
    const { key } = await newClient(environment);
    const serverKeys = [`${environment.serverKey.slice(0, -1)}x`, 'sk_live_short', environment.signingSecret, key, ''];
    for (const serverKey of serverKeys) {
      const { status, body } = await validatePlain({ ...environment, headers: { 'x-api-key': serverKey } }, { key });
      expect(status).toBe(401);
      expect(body).toMatchObject({ error: 'UNAUTHENTICATED', status: 401 });
    }
    const bearer = { ...environment, headers: { authorization: `Bearer ${environment.serverKey}` } };
    expect((await validatePlain(bearer, { key })).body.success).toBe(true);
  });
});

/** By BigInt and without padding, as published SDKs decode; hex. */
function decodeBase62(text: string): string {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let value = 0n;
  for (const character of text) value = value * 62n + BigInt(alphabet.indexOf(character));
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}
