import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

describeStacks('server keys', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const own = (method: string, path = '', body?: unknown, { projectEnv } = environment) =>
    call(platform.owner, method, `/server-key${path}${path.includes('?') ? '&' : '?'}project_env=${projectEnv}`, {
      body,
    });
  const holder = (key: string) => ({ url: environment.url, headers: { 'x-api-key': key } });

  it('are made by people, and work at once; the raw key is shown once', async () => {
    const made = await own('POST', '', { name: 'second' });
    const { id, key } = made.body;
    expect(made).toMatchObject({ status: 201, body: { name: 'second', status: 'active' } });
    expect(key).toMatch(/^sk_live_[0-9A-Za-z]{36}$/);
    const client = await newClient(holder(key));
    expect((await validatePlain(holder(key), { key: client.key })).body).toMatchObject({ success: true });
    const { body: listed } = await own('GET');
    expect(listed.pagination).toEqual({ total: 2, page: 1, limit: 10, pages: 1 });
    expect(listed.data.map((one: { name: string }) => one.name)).toEqual(['second', 'first']);
    expect(listed.data[0].id).toBe(id);
    expect(JSON.stringify(listed)).not.toContain(key);
  });

  it('are refused on the very next request once they are revoked, on every node, and stay listed', async () => {
    const { id, key } = (await own('POST', '', { name: 'leaked' })).body;
    const client = await newClient(environment);
    const nodes = [environment.url, await platform.addNode()];
    const asked = () =>
      Promise.all(nodes.map(async (url) => (await validatePlain({ ...holder(key), url }, { key: client.key })).status));
    expect(await asked()).toEqual([200, 200]);
    expect((await own('DELETE', `/${id}`)).body).toEqual({ success: true });
    expect(await asked()).toEqual([401, 401]);
    expect((await call(holder(key), 'GET', '/client')).status).toBe(401);
    expect((await own('DELETE', `/${id}`)).body).toEqual({ success: true });
    expect((await validatePlain(environment, { key: client.key })).body).toMatchObject({ success: true });
    const names = async (query: string) =>
      (await own('GET', query)).body.data.map((one: { name: string; status: string }) => `${one.name} ${one.status}`);
    expect(await names('')).toEqual(['leaked revoked', 'first active']);
    expect(await names('?status=revoked')).toEqual(['leaked revoked']);
    expect(await names('?status=active&limit=1')).toEqual(['first active']);
  });

  it('manage no server keys, themselves least of all', async () => {
    const [first] = (await own('GET')).body.data;
    for (const [method, path, body] of [
      ['GET', '/server-key'],
      ['POST', '/server-key', { name: 'mine' }],
      ['DELETE', `/server-key/${first.id}`],
    ] as const) {
      expect(await call(environment, method, path, { body })).toMatchObject({
        status: 403,
        body: { error: 'FORBIDDEN' },
      });
    }
    expect((await own('GET')).body.pagination.total).toBe(1);
  });

  it('of another environment are unknown', async () => {
    const other = await platform.newEnvironment();
    const { id, key } = (await own('POST', '', { name: 'other' }, other)).body;
    expect(await own('DELETE', `/${id}`)).toMatchObject({ status: 404, body: { error: 'NOT_FOUND' } });
    expect((await own('GET')).body.data.map((one: { id: string }) => one.id)).not.toContain(id);
    expect((await call({ ...other, headers: { 'x-api-key': key } }, 'GET', '/client')).status).toBe(200);
  });

  it('have a name, and nothing more is taken', async () => {
    expect((await own('POST', '', {})).body.errors).toEqual([{ path: '/name', message: 'is required' }]);
    expect((await own('POST', '', { name: 'a', scopes: [] })).status).toBe(400);
    expect((await own('POST', '', { name: '\0' })).status).toBe(400);
    expect((await own('GET', '?status=lost')).status).toBe(400);
  });
});
