import { writeFile } from 'node:fs/promises';
import { createKeyringEntry, keyringOf, printKeyring } from '@keyward/envelope/keyring';
import { printSignedKey } from '@keyward/keyformat/signed-key';
import { describeRealStack } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call } from '@keyward/tests/platform/wire-client';
import { type Door, openDoor } from '@keyward/tests/sdk/door';
import { type GuardedApp, guardedApps } from '@keyward/tests/sdk/guarded-app';
import { Keyward } from 'keyward/keyward';
import type { KeywardOptions } from 'keyward/options';
import type { Incident } from 'keyward/server/incidents';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

describeRealStack('an application with the SDK', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;
  let door: Door;
  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    environment = await platform.newEnvironment();
    door = await openDoor(platform.url);
  });
  afterAll(async () => {
    await door?.[Symbol.asyncDispose]();
    await platform?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    door.state = 'open';
    door.seen.length = 0;
  });

  describe.each(Object.entries(guardedApps))('in %s', (_, start) => {
    const own: AsyncDisposable[] = [];
    afterEach(async () => {
      for (const each of own.splice(0).reverse()) await each[Symbol.asyncDispose]();
    });

    /** The application, with a Keyward that is asked by way of the door. */
    async function run(options: Partial<KeywardOptions> = {}) {
      const incidents: Incident[] = [];
      const keyward = new Keyward({
        secret: environment.signingSecret,
        serverKey: environment.serverKey,
        projectEnv: environment.projectEnv,
        baseUrl: door.url,
        onIncident: (incident) => incidents.push(incident),
        ...options,
      });
      const app: GuardedApp = await start(keyward);
      own.push({ [Symbol.asyncDispose]: async () => keyward.close() }, app);
      const get = async (path: string, key?: string, headers: Record<string, string> = {}) => {
        const answer = await fetch(app.url + path, { headers: { ...headers, ...(key && { 'X-Api-Key': key }) } });
        return {
          status: answer.status,
          headers: answer.headers,
          body: (await answer.json()) as Record<string, unknown>,
        };
      };
      return { keyward, incidents, get };
    }

    it('a good key is let through, with its claims, and the endpoint is the pattern', async () => {
      const { get, keyward } = await run();
      const { key, id } = await newClient(environment);
      for (const user of ['7', '8']) {
        const { status, body } = await get(`/users/${user}?q=1`, key);
        expect([status, body]).toEqual([200, { tenant: keyward.verify(key).tenant, id: user }]);
      }
      const paths = door.seen.filter((path) => path.startsWith('/api/v1/client/self'));
      expect(paths).toHaveLength(2);
      for (const path of paths)
        expect(new URL(path, 'http://x').searchParams.get('method_path')).toBe('GET:/users/{id}');
      const facts = { key, method: 'GET', path: '/users/9' };
      expect(await keyward.validate(facts)).toMatchObject({ allowed: true, clientId: id });
      await keyward.flush();
      const { body } = await call(environment, 'GET', '/endpoint?limit=100');
      expect(body.data.map(({ method, path }: { method: string; path: string }) => `${method} ${path}`)).toContain(
        'GET /users/{id}',
      );
    });

    it('health needs no key, and nobody is asked', async () => {
      const { get } = await run();
      expect((await get('/health')).status).toBe(200);
      expect(door.seen).toEqual([]);
    });

    it('a missing, a malformed and a foreign key are 401, and nobody is asked', async () => {
      const { get } = await run();
      expect(await get('/users/7')).toMatchObject({ status: 401, body: { error: 'MISSING_KEY', status: 401 } });
      expect(await get('/users/7', 'apikee_a')).toMatchObject({ status: 401, body: { error: 'INVALID_FORMAT' } });
      const foreign = await new Keyward({ secret: 'another' }).create('acme');
      expect(await get('/users/7', foreign)).toMatchObject({ status: 401, body: { error: 'INVALID_SIGNATURE' } });
      expect(door.seen).toEqual([]);
    });

    it('an expired key is 401, with the date', async () => {
      const { get } = await run();
      const claims = { id: 'a', tid: 'acme', scp: [], env: 'production', exp: Date.UTC(2026, 0, 1) / 1_000 };
      const past = printSignedKey(Buffer.from(JSON.stringify(claims)), environment.signingSecret);
      expect(await get('/users/7', past)).toMatchObject({
        status: 401,
        body: { error: 'EXPIRED', expiredAt: '2026-01-01T00:00:00.000Z' },
      });
      // What the record says of the end is not in the key.
      const { id, keyId, key } = await newClient(environment);
      const expiresAt = new Date(Date.now() + 500).toISOString();
      await call(environment, 'PUT', `/client/${id}`, { body: { keys: [{ id: keyId, expiresAt }] } });
      const ended = async () => (await get('/users/7', key)).status === 401;
      await waitUntil(ended, { what: 'the key to expire', timeoutMs: 10_000 });
      expect((await get('/users/7', key)).body).toMatchObject({ error: 'EXPIRED', expiredAt: expiresAt });
    });

    it('a revoked key is 403 on the very next request', async () => {
      const { get } = await run();
      const { id, keyId, key } = await newClient(environment);
      expect((await get('/users/7', key)).status).toBe(200);
      await call(environment, 'DELETE', `/client/${id}?keyId=${keyId}`);
      expect(await get('/users/7', key)).toMatchObject({ status: 403, body: { error: 'REVOKED' } });
    });

    it('an address outside the list is 403', async () => {
      const { get } = await run();
      const { id, key } = await newClient(environment);
      await call(environment, 'PUT', `/client/${id}`, { body: { ipWhitelist: ['203.0.113.0/24'] } });
      expect(await get('/users/7', key)).toMatchObject({ status: 403, body: { error: 'IP_NOT_ALLOWED' } });
      const forwarded = { 'X-Forwarded-For': '203.0.113.9' };
      expect((await get('/users/7', key, forwarded)).status).toBe(200);
    });

    it('a scope that the key lacks is 403, and its record says scopes', async () => {
      const { get } = await run();
      const { id, keyId, key } = await newClient(environment, { scopes: ['read'] });
      expect(await get('/admin', key)).toMatchObject({ status: 403, body: { error: 'INSUFFICIENT_SCOPE' } });
      await call(environment, 'PUT', `/client/${id}`, { body: { keys: [{ id: keyId, scopes: ['*'] }] } });
      expect((await get('/admin', key)).status).toBe(200);
    });

    it('a limit that is reached is 429, with when to try again', async () => {
      const { get } = await run();
      const { key } = await newClient(environment, { rateLimit: { requests: 2, window: 'hour' } });
      const first = await get('/users/7', key);
      expect([first.status, first.headers.get('ratelimit')]).toEqual([200, expect.stringContaining('r=1')]);
      expect((await get('/users/7', key)).status).toBe(200);
      const third = await get('/users/7', key);
      expect(third).toMatchObject({
        status: 429,
        body: { error: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
      });
      expect(third.headers.get('retry-after')).toBe(String(third.body.retryAfterSeconds));
    });

    it.each(['closed', 'broken', 'slow-body'] as const)('while the server is %s, failOpen decides', async (state) => {
      const { key } = await newClient(environment);
      const open = await run({ serverTimeout: 400 });
      const strict = await run({ serverTimeout: 400, failOpen: false });
      expect((await open.get('/users/7', key)).status).toBe(200);
      // A machine that is busy may take longer for once.
      const isBack = async () => (await strict.get('/users/7', key)).status === 200;
      await waitUntil(isBack, { what: 'the server to be asked', timeoutMs: 10_000 });
      door.state = state;
      expect((await open.get('/users/7', key)).status).toBe(200);
      expect(await strict.get('/users/7', key)).toMatchObject({ status: 503, body: { error: 'UNAVAILABLE' } });
      expect(open.incidents.map(({ kind }) => kind)).toContain('server-away');
      door.state = 'open';
      await waitUntil(isBack, { what: 'the server to be asked again', timeoutMs: 10_000 });
    });

    it('no request notices that the key of envelopes is another', async () => {
      const { get, incidents } = await run({ failOpen: false });
      const { key } = await newClient(environment);
      const kidOf = async () => {
        const { body } = await call(platform.owner, 'GET', '/.well-known/encryption-keys');
        return body.keys[0].kid;
      };
      expect((await get('/users/7', key)).status).toBe(200);
      const before = await kidOf();
      await writeFile(
        platform.keyringFile,
        printKeyring(keyringOf([createKeyringEntry({ nowMs: Date.now() - 1_000 })])),
      );
      const isChanged = async () => {
        expect((await get('/users/7', key)).status).toBe(200);
        return (await kidOf()) !== before;
      };
      await waitUntil(isChanged, { what: 'the gateway to read its keyring again', timeoutMs: 20_000 });
      const answers = await Promise.all(Array.from({ length: 20 }, () => get('/users/7', key)));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
      expect(incidents).toEqual([]);
    });

    it('a key that only the server can judge is let through by its word, and not without it', async () => {
      const { get } = await run();
      const opaque = await platform.newEnvironment();
      await call(opaque, 'PUT', '/settings', { body: { keyKind: 'opaque', keyPrefix: 'myapp_live' } });
      const { key } = await newClient(opaque, { scopes: ['admin'] });
      const own = await run({ serverKey: opaque.serverKey, projectEnv: opaque.projectEnv });
      expect(key).toMatch(/^myapp_live_/);
      expect((await own.get('/admin', key)).status).toBe(200);
      expect(await get('/users/7', key)).toMatchObject({ status: 401, body: { error: 'INVALID_KEY' } });
      door.state = 'closed';
      expect((await own.get('/users/7', key)).status).toBe(503);
    });

    it('a server that refuses the application lets nothing through, and it is said', async () => {
      const { key } = await newClient(environment);
      const { get, incidents } = await run({ serverKey: 'sk_live_nonsense' });
      expect(await get('/users/7', key)).toMatchObject({ status: 503, body: { error: 'UNAVAILABLE' } });
      expect(incidents.map(({ kind }) => kind)).toContain('server-refused');
    });
  });
});
