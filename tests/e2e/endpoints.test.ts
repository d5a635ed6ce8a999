import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

describeStacks('endpoints', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const register = async (path: string, method = 'GET', more: object = {}) =>
    (await call(environment, 'POST', '/endpoint', { body: { method, path, name: `${method} ${path}`, ...more } })).body;
  const change = (id: string, body: unknown) => call(environment, 'PUT', `/endpoint/${id}`, { body });
  const settings = (body: unknown) => call(environment, 'PUT', '/settings', { body });
  const ask = async (key: string, methodPath: string) => {
    const { body } = await validatePlain(environment, { key, methodPath });
    return body.success ? 'ALLOWED' : body.code;
  };

  describe('hold keys to what they ask, on the very next request', () => {
    it('the scopes that a person requires, for whatever folds into the pattern', async () => {
      const { id } = await register('/users/42');
      const reader = await newClient(environment, { scopes: ['users:read'] });
      const wide = await newClient(environment, { scopes: ['users:*'] });
      const all = await newClient(environment, { scopes: ['*'] });
      const other = await newClient(environment, { scopes: ['orders:read'] });
      const asked = () => Promise.all([reader, wide, all, other].map(({ key }) => ask(key, 'get:::/users//7/?q=1')));
      expect(await asked()).toEqual(['ALLOWED', 'ALLOWED', 'ALLOWED', 'ALLOWED']);
      expect((await change(id, { requiredScopes: ['users:read'] })).body.requiredScopes).toEqual(['users:read']);
      expect(await asked()).toEqual(['ALLOWED', 'ALLOWED', 'ALLOWED', 'INSUFFICIENT_SCOPE']);
      await change(id, { requiredScopes: ['users:read', 'users:write'] });
      expect(await asked()).toEqual(['INSUFFICIENT_SCOPE', 'ALLOWED', 'ALLOWED', 'INSUFFICIENT_SCOPE']);
      expect(await ask(other.key, 'POST:/users/7')).toBe('ALLOWED');
      expect(await ask(other.key, 'GET:/users')).toBe('ALLOWED');
      await call(environment, 'PUT', `/client/${other.id}`, { body: { keys: [{ id: other.keyId, scopes: ['*'] }] } });
      expect(await asked()).toEqual(['INSUFFICIENT_SCOPE', 'ALLOWED', 'ALLOWED', 'ALLOWED']);
      await change(id, { requiredScopes: null });
      expect(await asked()).toEqual(['ALLOWED', 'ALLOWED', 'ALLOWED', 'ALLOWED']);
    });

    it('that they are enabled; a refusal tells the application 403', async () => {
      const { id } = await register('/reports');
      const { key } = await newClient(environment);
      await change(id, { enabled: false });
      expect((await validatePlain(environment, { key, methodPath: 'GET:/reports' })).body).toMatchObject({
        success: false,
        status: 403,
        code: 'ENDPOINT_DISABLED',
        method_path: 'GET:/reports',
      });
      await change(id, { enabled: true });
      expect(await ask(key, 'GET:/reports')).toBe('ALLOWED');
      await change(id, { enabled: false, requiredScopes: ['reports'] });
      const lacking = await validatePlain(environment, { key, methodPath: 'GET:/reports' });
      expect(lacking.body).toMatchObject({ success: false, status: 403, code: 'INSUFFICIENT_SCOPE' });
      expect((await call(environment, 'DELETE', `/endpoint/${id}`)).body).toEqual({ success: true });
      expect(await ask(key, 'GET:/reports')).toBe('ALLOWED');
    });

    it('on every node', async () => {
      const { id } = await register('/reports');
      const { key } = await newClient(environment);
      const nodes = [environment, { ...environment, url: await platform.addNode() }];
      for (const node of nodes) {
        expect((await validatePlain(node, { key, methodPath: 'GET:/reports' })).body.success).toBe(true);
      }
      await change(id, { enabled: false });
      for (const node of nodes) {
        expect((await validatePlain(node, { key, methodPath: 'GET:/reports' })).body.code).toBe('ENDPOINT_DISABLED');
      }
    });

    it('that they are known, where unknown ones are refused, from their registration on', async () => {
      const { key } = await newClient(environment);
      await register('/known');
      // Another than those below: what is let through registers itself by its event.
      expect(await ask(key, 'GET:/unknown-before')).toBe('ALLOWED');
      await settings({ unknownEndpoints: 'refuse' });
      expect(await ask(key, 'GET:/unknown')).toBe('ENDPOINT_DISABLED');
      expect(await ask(key, 'GET:/known')).toBe('ALLOWED');
      expect(await ask(key, 'PUT:/known')).toBe('ENDPOINT_DISABLED');
      const { id } = await register('/unknown/');
      expect(await ask(key, 'GET:/unknown')).toBe('ALLOWED');
      await call(environment, 'DELETE', `/endpoint/${id}`);
      expect(await ask(key, 'GET:/unknown')).toBe('ENDPOINT_DISABLED');
      await settings({ unknownEndpoints: 'allow' });
      expect(await ask(key, 'GET:/unknown')).toBe('ALLOWED');
    });

    it('known by a registration that races the setting', async () => {
      const { key } = await newClient(environment);
      for (let i = 0; i < 5; i += 1) {
        await settings({ unknownEndpoints: 'allow' });
        await Promise.all([register(`/raced/by-${i}`), settings({ unknownEndpoints: 'refuse' })]);
        expect(await ask(key, `GET:/raced/by-${i}`)).toBe('ALLOWED');
      }
    });

    it('which an SDK cannot lift by registering the path of a request, nor set by naming scopes', async () => {
      const { key } = await newClient(environment, { scopes: ['a'] });
      const { id } = await register('/users/{userId}');
      await change(id, { requiredScopes: ['users'] });
      const me = await register('/users/me', 'GET', { metadata: { scopes: ['me'] } });
      expect(await ask(key, 'GET:/users/me')).toBe('INSUFFICIENT_SCOPE');
      await change(me.id, { requiredScopes: [] });
      expect(await ask(key, 'GET:/users/me')).toBe('ALLOWED');
      expect(await ask(key, 'GET:/users/you')).toBe('INSUFFICIENT_SCOPE');
      await register('/orders', 'GET', { metadata: { scopes: ['orders'] } });
      expect(await ask(key, 'GET:/orders')).toBe('ALLOWED');
    });

    it('by the environment’s way of telling them apart', async () => {
      await settings({ endpointIds: 'keep', endpointCase: 'fold' });
      const { id, path } = await register('/Users/7/{Name}');
      expect(path).toBe('/users/7/{name}');
      const { key } = await newClient(environment);
      await change(id, { enabled: false });
      expect(await ask(key, 'GET:/USERS/7/x')).toBe('ENDPOINT_DISABLED');
      expect(await ask(key, 'GET:/users/8/x')).toBe('ALLOWED');
      await settings({ endpointCase: 'keep' });
      expect(await ask(key, 'GET:/USERS/7/x')).toBe('ALLOWED');
    });

    it('to which one of another environment adds nothing', async () => {
      const { key } = await newClient(environment);
      const { id } = await register('/shared');
      const other = await platform.newEnvironment();
      const others = await newClient(other);
      const registered = await call(other, 'POST', '/endpoint', { body: { method: 'GET', path: '/shared' } });
      for (const [method, body] of [['GET'], ['PUT', { enabled: false }], ['DELETE']] as const) {
        const answer = await call(other, method, `/endpoint/${id}`, { body });
        expect(answer).toMatchObject({ status: 404, body: { error: 'NOT_FOUND' } });
      }
      await call(other, 'PUT', `/endpoint/${registered.body.id}`, { body: { enabled: false } });
      expect(await ask(key, 'GET:/shared')).toBe('ALLOWED');
      expect((await validatePlain(other, { key: others.key, methodPath: 'GET:/shared' })).body.code).toBe(
        'ENDPOINT_DISABLED',
      );
    });
  });

  describe('are managed', () => {
    it('one by one: read, changed in part, deleted', async () => {
      const metadata = { scopes: ['users:read'], tags: ['v1'], deprecated: false };
      const { id } = await register('/users/1', 'get', { description: 'One user', metadata });
      const read = await call(environment, 'GET', `/endpoint/${id}`);
      expect(read).toMatchObject({
        status: 200,
        body: {
          id,
          method: 'GET',
          path: '/users/{id}',
          name: 'GET /users/{id}',
          description: 'One user',
          enabled: true,
          requiredScopes: null,
          metadata,
          stats: { total: 0, success: 0, error: 0, avgDurationMs: 0 },
        },
      });
      const changed = await change(id, { name: 'A user', description: null, requiredScopes: ['a', 'b', 'a'] });
      expect(changed.body).toEqual({
        ...read.body,
        name: 'A user',
        description: null,
        requiredScopes: ['a', 'b'],
        updatedAt: expect.any(String),
      });
      expect((await call(environment, 'GET', `/endpoint/${id}`)).body).toEqual(changed.body);
      expect((await register('/users/2')).id).toBe(id);
      await call(environment, 'DELETE', `/endpoint/${id}`);
      expect((await call(environment, 'GET', `/endpoint/${id}`)).status).toBe(404);
      expect((await call(environment, 'DELETE', `/endpoint/${id}`)).status).toBe(404);
      expect((await register('/users/2')).id).not.toBe(id);
    });

    it('as a list: newest first, in pages, by name, method and whether they are enabled', async () => {
      const { id } = await register('/a');
      await register('/b', 'POST');
      await register('/c');
      await change(id, { enabled: false, name: 'All 100% of A' });
      const list = async (query: string) => {
        const { body } = await call(environment, 'GET', `/endpoint?${query}`);
        return body.data.map((endpoint: { path: string }) => endpoint.path);
      };
      expect(await list('')).toEqual(['/c', '/b', '/a']);
      expect(await list('limit=2&page=2')).toEqual(['/a']);
      expect(await list('method=post')).toEqual(['/b']);
      expect(await list('enabled=false')).toEqual(['/a']);
      expect(await list('enabled=true')).toEqual(['/c', '/b']);
      expect(await list('name=100%25%20OF')).toEqual(['/a']);
      expect(await list('name=100_')).toEqual([]);
      const page = await call(environment, 'GET', '/endpoint?limit=2');
      expect(page.body.pagination).toEqual({ total: 3, page: 1, limit: 2, pages: 2 });
    });

    it.each([
      [{ enabled: 'no' }, '/enabled'],
      [{ requiredScopes: ['a b'] }, '/requiredScopes/0'],
      [{ requiredScopes: Array.from({ length: 21 }, (_, i) => `s${i}`) }, '/requiredScopes'],
      [{ name: '' }, '/name'],
      [{ name: 'a\0' }, '/name'],
      [{ path: '/other' }, '/path'],
    ])('but not with %j', async (body, path) => {
      const { id } = await register('/users');
      const answer = await change(id, body);
      expect(answer).toMatchObject({ status: 400, body: { error: 'INVALID_INPUT' } });
      expect(answer.body.errors.map((fault: { path: string }) => fault.path)).toContain(path);
    });
  });

  it('count what was asked of them, as the environment tells them apart', async () => {
    const { key } = await newClient(environment);
    const users = await register('/users/1');
    for (const id of ['7', '8', '9']) await ask(key, `GET:/users/${id}`);
    await change(users.id, { enabled: false });
    await ask(key, 'GET:/users/10');
    await settings({ endpointIds: 'keep' });
    const seven = await register('/users/7');
    await ask(key, 'GET:/users/7');
    const statsOf = async (id: string) => (await call(environment, 'GET', `/endpoint/${id}`)).body.stats;
    const isCounted = async () => (await statsOf(seven.id)).total === 1 && (await statsOf(users.id)).total === 4;
    await waitUntil(isCounted, { what: 'ingest', timeoutMs: 20_000 });
    expect(await statsOf(users.id)).toMatchObject({ total: 4, success: 3, error: 1 });
    expect((await statsOf(users.id)).avgDurationMs).toBeGreaterThan(0);
    expect(await statsOf(seven.id)).toMatchObject({ total: 1, success: 0, error: 1 });
    const { body } = await call(environment, 'GET', '/endpoint');
    expect(body.data.map((endpoint: { stats: { total: number } }) => endpoint.stats.total)).toEqual([1, 4]);
  });
});
