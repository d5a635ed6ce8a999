import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { inParallel } from '@keyward/tests/platform/in-parallel';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey } from '@keyward/tests/platform/sign-key';
import { type Answer, type Caller, call, seal, validatePlain } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describeStacks('a verification end to end', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const verify = (body: Record<string, unknown>, caller: Caller = environment): Promise<Answer> =>
    call(caller, 'POST', '/key/verify', { body });
  const verifySealed = (envelope: unknown, headers = {}, caller: Caller = environment) =>
    call(caller, 'POST', '/key/verify', { body: envelope, headers: { 'X-Apikee-Encrypted': '1', ...headers } });
  const changeKey = (client: { id: string; keyId: string }, change: object) =>
    call(environment, 'PUT', `/client/${client.id}`, { body: { keys: [{ id: client.keyId, ...change }] } });
  const useCount = async (key: string) => (await verify({ key, trackUsage: false })).body.key.useCount;

  describe('of a good key', () => {
    it('tells whose it is, with what was attached to it', async () => {
      const metadata = { user_id: 'u_alice', plan: 'pro', nested: { list: [1, null, 'ü'] } };
      const expiresAt = '2999-01-01T00:00:00.000Z';
      const startedMs = Date.now();
      const client = await newClient(environment, { scopes: ['read', 'write'], metadata, expiresAt });
      const { status, body } = await verify({ key: client.key, projectEnv: environment.projectEnv });
      expect(status).toBe(200);
      expect(body).toEqual({
        valid: true,
        code: 'ALLOWED',
        status: 200,
        message: 'The key is valid.',
        key: {
          ...{ id: client.keyId, name: 'first', clientId: client.id, scopes: ['read', 'write'], metadata, expiresAt },
          ...{ lastUsedAt: expect.any(String), useCount: 1 },
        },
      });
      expect(Date.parse(body.key.lastUsedAt)).toBeGreaterThanOrEqual(startedMs - 2_000);
      expect(Date.parse(body.key.lastUsedAt)).toBeLessThanOrEqual(Date.now() + 2_000);
    });

    it('tells of a change of it on the very next request', async () => {
      const client = await newClient(environment, { metadata: { plan: 'free' } });
      expect((await verify({ key: client.key })).body.key.metadata).toEqual({ plan: 'free' });
      await changeKey(client, { name: 'renamed', metadata: { plan: 'pro' }, scopes: ['read'] });
      expect((await verify({ key: client.key })).body.key).toMatchObject({
        ...{ name: 'renamed', metadata: { plan: 'pro' }, scopes: ['read'], useCount: 2 },
      });
    });

    it('may come in an envelope, with its timestamp, and gets one for an answer when it asks for one', async () => {
      const { key, keyId } = await newClient(environment);
      const timestamp = new Date().toISOString();
      const { envelope, open } = seal(platform.serverPublicKey, JSON.stringify({ key, timestamp }));
      const { body } = await verifySealed(envelope, { 'X-Apikee-Accept': 'envelope' });
      expect(JSON.parse(open(body))).toMatchObject({ valid: true, key: { id: keyId, useCount: 1 } });
      expect((await verifySealed(envelope)).body).toEqual({
        ...{ valid: false, code: 'REPLAYED', status: 400, message: expect.any(String) },
      });
      const timeless = seal(platform.serverPublicKey, JSON.stringify({ key })).envelope;
      expect((await verifySealed(timeless)).body.errors).toEqual([
        { path: '/timestamp', message: 'is required in an envelope' },
      ]);
    });

    it('passes by its scopes and wildcards', async () => {
      const { key } = await newClient(environment, { scopes: ['read:*', 'write'] });
      const table: [string[], boolean][] = [
        [[], true],
        [['write'], true],
        [['write', 'read:users'], true],
        [['read:users:7'], true],
        [['read'], false],
        [['write', 'admin'], false],
        [['*'], false],
      ];
      for (const [requiredScopes, valid] of table) {
        const { body } = await verify({ key, requiredScopes });
        expect([requiredScopes, body.valid, body.code]).toEqual([
          ...[requiredScopes, valid, valid ? 'ALLOWED' : 'INSUFFICIENT_SCOPE'],
        ]);
      }
      const { key: any } = await newClient(environment, { scopes: ['*'] });
      expect((await verify({ key: any, requiredScopes: ['read', 'anything:at:all'] })).body.valid).toBe(true);
    });

    it('passes for its own product and for no other; one without a product passes for any', async () => {
      const project = (await call(platform.owner, 'GET', `/project/${environment.projectEnv}`)).body.id;
      const newProduct = async () => {
        const body = { name: uniqueName('product'), projects: [project] };
        return (await call(platform.owner, 'POST', '/product', { body })).body.id as string;
      };
      const [own, other] = [await newProduct(), await newProduct()];
      const newKey = async (fields: object) =>
        (await call(environment, 'POST', '/key', { body: { name: 'k', ...fields } })).body.key as string;
      const [ofProduct, ofNone] = [await newKey({ productId: own }), await newKey({})];
      const outcome = async (key: string, productId?: string) => (await verify({ key, productId })).body.code;
      expect(await outcome(ofProduct, own)).toBe('ALLOWED');
      expect(await outcome(ofProduct)).toBe('ALLOWED');
      expect(await outcome(ofProduct, other)).toBe('INVALID_KEY');
      expect(await outcome(ofNone, own)).toBe('ALLOWED');
    });

    it('that an SDK signed is told of by its id, and with its uses once it has registered itself', async () => {
      const key = signKey(environment.signingSecret, { tid: 'signed-tenant', scp: ['read'] });
      const { body } = await verify({ key, requiredScopes: ['read'] });
      expect(body).toMatchObject({ valid: true, key: { name: null, metadata: {}, scopes: ['read'], useCount: null } });
      const registered = await waitUntil(
        async () => {
          const { body: again } = await verify({ key });
          return again.key.useCount === null ? undefined : again.key;
        },
        { what: 'the key to register itself', timeoutMs: 15_000 },
      );
      expect(registered).toMatchObject({ id: body.key.id, clientId: body.key.clientId, name: expect.any(String) });
      expect(await useCount(key)).toBe(registered.useCount);
    });
  });

  describe('of a key that is refused', () => {
    const rename = (change: object) => (client: { id: string; keyId: string }) => changeKey(client, change);
    const expiresAt = '2024-02-29T12:00:00.000Z';
    const table = [
      ['REVOKED', 403, {}, rename({ status: 'revoked' }), {}],
      ['DISABLED', 403, {}, rename({ enabled: false }), {}],
      ['EXPIRED', 401, {}, rename({ expiresAt }), {}],
      ['NOT_YET_VALID', 401, {}, rename({ notBefore: '2999-01-01T00:00:00Z' }), {}],
      [
        ...(['CLIENT_DISABLED', 403, {}] as const),
        ({ id }: { id: string }) => call(environment, 'PUT', `/client/${id}`, { body: { status: 'disabled' } }),
        {},
      ],
      ['IP_NOT_ALLOWED', 403, { allowedIps: ['192.0.2.0/24'] }, undefined, { ip: '198.51.100.1' }],
      ['IP_NOT_ALLOWED', 403, { allowedIps: ['192.0.2.0/24'] }, undefined, {}],
      ['INSUFFICIENT_SCOPE', 403, { scopes: ['read'] }, undefined, { requiredScopes: ['write'] }],
      ['RATE_LIMITED', 429, { rateLimit: { requests: 2, window: 'day' } }, undefined, { cost: 3 }],
    ] as const;

    it.each(table)('%s (%i, of %o) it says so, and of which key, and nothing is taken', async (...row) => {
      const [code, status, fields, change, options] = row;
      const { key, keyId, id } = await newClient(environment, fields);
      const ip = { ip: '192.0.2.7' };
      expect((await verify({ key, ...ip })).body.key.useCount).toBe(1);
      await change?.({ id, keyId });
      const { status: http, body } = await verify({ key, ...options });
      expect(http).toBe(200);
      expect(body).toMatchObject({ valid: false, code, status, message: expect.any(String) });
      expect(body.key).toMatchObject({ id: keyId, clientId: id, name: 'first', useCount: 1 });
      expect(body.expiredAt).toBe(code === 'EXPIRED' ? expiresAt : undefined);
    });

    it('by a limit it says when to come again, in headers too', async () => {
      const { key } = await newClient(environment, { rateLimit: { requests: 1, window: 'day' } });
      const first = await verify({ key });
      expect(first.headers.get('ratelimit')).toMatch(/^"key-day";r=0;t=\d+$/);
      const { body, headers } = await verify({ key });
      expect(body).toMatchObject({ code: 'RATE_LIMITED', window: 'day', subject: 'key' });
      expect(body.retryAfterSeconds).toBeGreaterThan(0);
      expect(headers.get('retry-after')).toBe(String(body.retryAfterSeconds));
      expect(body.key.useCount).toBe(1);
    });

    it.each(['second', 'minute', 'hour', 'day'] as const)('by the limit that it has for a %s', async (window) => {
      const { key } = await newClient(environment, { rateLimit: { requests: 2, window } });
      const { body, headers } = await verify({ key, cost: 3 });
      expect(body).toMatchObject({ code: 'RATE_LIMITED', status: 429, window, subject: 'key' });
      expect(headers.get('ratelimit-policy')).toMatch(new RegExp(`^"key-${window}";q=2;w=\\d+$`));
    });

    it('for its endpoint: disabled, or with scopes of its own; without a path none is asked for', async () => {
      const own = await platform.newEnvironment();
      const endpoint = async (path: string, change: object) => {
        const made = await call(own, 'POST', '/endpoint', { body: { method: 'GET', path, name: path } });
        expect((await call(own, 'PUT', `/endpoint/${made.body.id}`, { body: change })).status).toBe(200);
      };
      await endpoint('/closed', { enabled: false });
      await endpoint('/users/{id}', { requiredScopes: ['users:read'] });
      const { key } = await newClient(own, { scopes: ['read'] });
      expect((await verify({ key, methodPath: 'GET:/closed' }, own)).body.code).toBe('ENDPOINT_DISABLED');
      expect((await verify({ key, methodPath: 'GET:/users/7' }, own)).body.code).toBe('INSUFFICIENT_SCOPE');
      expect((await verify({ key }, own)).body.code).toBe('ALLOWED');
      await call(own, 'PUT', '/settings', { body: { unknownEndpoints: 'refuse' } });
      expect((await verify({ key, methodPath: 'GET:/other' }, own)).body.code).toBe('ENDPOINT_DISABLED');
      expect((await verify({ key }, own)).body.code).toBe('ALLOWED');
    });

    it('MISSING_KEY without one, or with an empty one', async () => {
      for (const body of [{}, { key: '' }, { key: ' ' }])
        expect((await verify(body)).body).toMatchObject({ valid: false, code: 'MISSING_KEY', status: 401 });
    });

    it('STALE_REQUEST by a timestamp that is far off, and nothing is told', async () => {
      const { key } = await newClient(environment);
      const timestamp = new Date(Date.now() - 310_000).toISOString();
      const { body } = await verify({ key, timestamp });
      expect(body).toMatchObject({ code: 'STALE_REQUEST', status: 400 });
      expect(body).not.toHaveProperty('key');
    });

    it('with its own status where the environment wants it', () =>
      withinOne('day', async () => {
        const own = await platform.newEnvironment();
        await call(own, 'PUT', '/settings', { body: { refusals: 'http' } });
        const { key, keyId, id } = await newClient(own, {
          scopes: ['read'],
          rateLimit: { requests: 1, window: 'day' },
        });
        expect((await verify({ key }, own)).status).toBe(200);
        expect((await verify({ key, requiredScopes: ['x'] }, own)).status).toBe(403);
        expect((await verify({ key: 'nothing' }, own)).status).toBe(401);
        expect((await verify({}, own)).status).toBe(401);
        const limited = await verify({ key }, own);
        expect(limited.status).toBe(429);
        expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
        const change = (fields: object) =>
          call(own, 'PUT', `/client/${id}`, { body: { keys: [{ id: keyId, ...fields }] } });
        await change({ expiresAt });
        expect(await verify({ key }, own)).toMatchObject({
          status: 401,
          body: { code: 'EXPIRED', expiredAt: expiresAt },
        });
        await change({ status: 'revoked' });
        expect((await verify({ key }, own)).status).toBe(403);
      }));

    it('plain or unsigned, where the environment demands envelopes and signatures', async () => {
      const own = await platform.newEnvironment();
      const { key } = await newClient(own);
      const told = { valid: false, status: 403, message: expect.any(String) };
      await call(own, 'PUT', '/settings', { body: { encryption: 'required' } });
      expect((await verify({ key }, own)).body).toEqual({ ...told, code: 'ENCRYPTION_REQUIRED' });
      const sealed = seal(platform.serverPublicKey, JSON.stringify({ key, timestamp: new Date().toISOString() }));
      expect((await verifySealed(sealed.envelope, {}, own)).body.valid).toBe(true);
      await call(own, 'PUT', '/settings', { body: { encryption: 'optional', requestSignature: 'required' } });
      expect((await verify({ key }, own)).body).toEqual({ ...told, status: 401, code: 'SIGNATURE_REQUIRED' });
    });
  });

  describe('of what is no key of this environment', () => {
    it('is answered in the same bytes, whether another environment knows it or nobody does', async () => {
      const foreign = await newClient(await platform.newEnvironment());
      const unknown = await newClient(environment);
      await call(environment, 'DELETE', `/client/${unknown.id}`);
      const { key: own } = await newClient(environment);
      const garbled = `${own.slice(0, -1)}${own.endsWith('1') ? '2' : '1'}`;
      const answers = [];
      for (const key of [foreign.key, garbled, 'nothing', environment.serverKey, `apikee_${'a'.repeat(20_000)}.b`])
        answers.push((await verify({ key })).body);
      const bytes = new Set(answers.map((body) => JSON.stringify(body)));
      expect([...bytes]).toEqual([
        '{"valid":false,"code":"INVALID_KEY","status":401,"message":"The API key is not valid."}',
      ]);
      // Whoever erased a client is told no more of its key than that it is dead.
      expect((await verify({ key: unknown.key })).body).toEqual({
        ...{ valid: false, code: 'REVOKED', status: 403, message: 'The API key was revoked.' },
      });
    });

    it('is ENVIRONMENT_UNKNOWN for another environment and for one that does not exist, in the same bytes', async () => {
      const other = await platform.newEnvironment();
      const { key } = await newClient(environment);
      const answers = [];
      for (const projectEnv of [other.projectEnv, 'no-such-environment'])
        answers.push(JSON.stringify((await verify({ key, projectEnv })).body));
      expect(answers[0]).toBe(answers[1]);
      expect(answers[0]).toContain('"code":"ENVIRONMENT_UNKNOWN","status":403');
    });
  });

  describe('counts uses', () => {
    it('exactly, however many come at the same time through several nodes, each told another number', async () => {
      const { key } = await newClient(environment);
      const nodes = [environment, { ...environment, url: await platform.addNode() }];
      const counts = await inParallel({ count: 200, lanes: 200 }, async (i) => {
        const { body } = await verify({ key }, nodes[i % 2]);
        return body.key.useCount as number;
      });
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
      expect(await useCount(key)).toBe(200);
    });

    it('of validations, too', async () => {
      const { key } = await newClient(environment);
      await inParallel({ count: 20, lanes: 20 }, () => validatePlain(environment, { key }));
      expect((await verify({ key })).body.key.useCount).toBe(21);
    });

    it('only when they are to be tracked; what is not is in the logs and counts all the same', async () => {
      const { key, keyId, id } = await newClient(environment);
      const { lastUsedAt } = (await verify({ key })).body.key;
      for (let i = 0; i < 3; i += 1)
        expect((await verify({ key, trackUsage: false })).body.key).toMatchObject({ useCount: 1, lastUsedAt });
      const path = `/project/${environment.projectEnv}/logs?keyId=${keyId}`;
      const lines = await waitUntil(
        async () => {
          const { body } = await call(environment, 'GET', path);
          return body.data.length === 4 ? body.data : undefined;
        },
        { what: 'four lines in the logs', timeoutMs: 10_000 },
      );
      expect(lines.map((line: { tracked: boolean }) => line.tracked)).toEqual([false, false, false, true]);
      expect(lines[0]).toMatchObject({ code: 'ALLOWED', endpoint: '*', clientId: id });
      expect((await call(environment, 'GET', `/client/${id}`)).body.stats.success).toBe(4);
      const listed = (await call(environment, 'GET', `/key/${keyId}`)).body;
      expect(listed).toMatchObject({ requestCount: 4, useCount: 1, lastUsedAt });
    });

    it('that ask for no limit as well, and are not refused by one', async () => {
      const { key } = await newClient(environment, { rateLimit: { requests: 2, window: 'day' } });
      expect((await verify({ key, cost: 2 })).body.valid).toBe(true);
      expect((await verify({ key })).body.code).toBe('RATE_LIMITED');
      for (const free of [{ checkRateLimit: false }, { cost: 0 }]) {
        const { body, headers } = await verify({ key, ...free });
        expect(body.valid).toBe(true);
        expect(headers.get('ratelimit')).toMatch(/;r=0;/);
      }
      expect(await useCount(key)).toBe(3);
    });

    it('and takes nothing of a limit when the scopes do not suffice', async () => {
      const { key } = await newClient(environment, { scopes: ['a'], rateLimit: { requests: 1, window: 'day' } });
      for (let i = 0; i < 5; i += 1) await verify({ key, requiredScopes: ['b'] });
      expect((await verify({ key, requiredScopes: ['a'] })).body).toMatchObject({ valid: true, key: { useCount: 1 } });
    });
  });

  it('names every fault of its input at once', async () => {
    const { status, body } = await verify({
      ...{ key: 7, requiredScopes: [''], productId: 'x', trackUsage: 'no', cost: -1, methodPath: '/a', other: 1 },
    });
    expect([status, body.error]).toEqual([400, 'INVALID_INPUT']);
    const paths = body.errors.map((fault: { path: string }) => fault.path).sort();
    expect(paths).toEqual([
      ...['/cost', '/key', '/methodPath', '/other', '/productId', '/requiredScopes/0', '/trackUsage'],
    ]);
    const odd = { timestamp: '2026-02-30T00:00:00Z', ip: 'fe80::1%eth0', checkRateLimit: false, cost: 1 };
    const { body: second } = await verify(odd);
    expect(second.errors.map((fault: { path: string }) => fault.path)).toEqual(['/timestamp', '/ip', '/cost']);
  });

  it('takes a server key only, in either header, and only POST', async () => {
    const { key } = await newClient(environment);
    const bearer = { ...environment, headers: { authorization: `Bearer ${environment.serverKey}` } };
    expect((await verify({ key }, bearer)).body.valid).toBe(true);
    for (const headers of [{}, { 'x-api-key': key }, platform.owner.headers])
      expect((await verify({ key }, { ...environment, headers })).status).toBe(401);
    const read = await call(environment, 'GET', '/key/verify');
    expect([read.status, read.headers.get('allow')]).toEqual([405, 'POST']);
  });
});
