import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newMember } from '@keyward/tests/platform/new-person';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

describeStacks('server keys', (stack) => {
  const held = new AsyncDisposableStack();
  let db: Database;
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = held.use(await runPlatform(urls));
    db = held.use(await openDatabase(urls.postgres)).db;
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => held.disposeAsync());

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

  it('do what their scopes say, which can be changed and holds on the very next request of every node', async () => {
    const client = await newClient(environment);
    const { id, key } = (await own('POST', '', { name: 'reader', scopes: ['clients:read', 'logs:read'] })).body;
    const nodes = [environment.url, await platform.addNode()];
    const asked = () =>
      Promise.all(nodes.map(async (url) => (await validatePlain({ ...holder(key), url }, { key: client.key })).status));
    expect(await asked()).toEqual([403, 403]);
    expect((await call(holder(key), 'GET', '/client')).status).toBe(200);
    const made = () => call(holder(key), 'POST', '/client', { body: { name: 'made' } });
    expect(await made()).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
    const changed = await own('PATCH', `/${id}`, { name: 'gate', scopes: ['validate', 'clients:write'] });
    expect(changed).toMatchObject({ status: 200, body: { id, name: 'gate', scopes: ['validate', 'clients:write'] } });
    expect(await asked()).toEqual([200, 200]);
    expect((await made()).status).toBe(201);
    expect((await call(holder(key), 'GET', '/client')).status).toBe(403);
    await own('PATCH', `/${id}`, { scopes: ['clients:write'] });
    expect(await asked()).toEqual([403, 403]);
    expect((await own('PATCH', `/${id}`, { scopes: [] })).status).toBe(400);
    expect((await own('PATCH', `/${id}`, { scopes: ['everything'] })).status).toBe(400);
  });

  it('rotate: the new one has name and scopes of the old one, which lives beside it and then ends by itself', async () => {
    const client = await newClient(environment);
    const { id, key } = (await own('POST', '', { name: 'old', scopes: ['validate', 'clients:read'] })).body;
    const state = async (raw: string) => (await validatePlain(holder(raw), { key: client.key })).status;
    const next = await own('POST', `/${id}/rotate`, { overlapSeconds: 3 });
    expect(next).toMatchObject({ status: 201, body: { name: 'old', scopes: ['validate', 'clients:read'] } });
    expect(next.body.expiresAt).toBeNull();
    expect([await state(key), await state(next.body.key)]).toEqual([200, 200]);
    await waitUntil(async () => (await state(key)) === 401, { what: 'the old key to end', timeoutMs: 20_000 });
    expect((await call(holder(key), 'GET', '/client')).status).toBe(401);
    expect(await state(next.body.key)).toBe(200);
    expect((await own('GET', `/${id}`)).body).toMatchObject({ status: 'expired', expiresAt: expect.any(String) });
    expect((await own('GET', '?status=expired')).body.data).toMatchObject([{ id }]);
    expect((await own('GET', '?status=active&name=OL')).body.data).toMatchObject([{ id: next.body.id }]);
    expect(await own('POST', `/${id}/rotate`, {})).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    const last = await own('POST', `/${next.body.id}/rotate`, { overlapSeconds: 0 });
    expect([await state(next.body.key), await state(last.body.key)]).toEqual([401, 200]);
    expect((await own('POST', `/${last.body.id}/rotate`, { overlapSeconds: 2_592_001 })).status).toBe(400);
  });

  it('are a hundred at most that live; one that ends makes room', async () => {
    const { id } = (await own('GET')).body.data[0];
    for (let i = 1; i < 100; i += 1) expect((await own('POST', '', { name: `${i}` })).status).toBe(201);
    expect(await own('POST', '', { name: 'over' })).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    expect((await own('POST', `/${id}/rotate`, {})).status).toBe(409);
    expect((await own('POST', `/${id}/rotate`, { overlapSeconds: 0 })).status).toBe(201);
    expect((await own('GET', '?limit=1')).body.pagination.total).toBe(101);
  });

  it('are shown to viewers, who cannot change them, and to nobody of an older view', async () => {
    const [{ id }] = (await own('GET')).body.data;
    const { body } = await call(platform.owner, 'GET', `/project/${environment.projectEnv}`);
    const viewer = await newMember(db, platform, { organizationId: body.team.id, role: 'viewer' });
    const asked = (method: string, path = '', change?: object) =>
      call(viewer, method, `/server-key${path}?project_env=${environment.projectEnv}`, { body: change });
    expect((await asked('GET')).body.data).toMatchObject([{ id }]);
    expect((await asked('GET', `/${id}`)).status).toBe(200);
    for (const [method, path, change] of [
      ['POST', '', { name: 'mine' }],
      ['PATCH', `/${id}`, { name: 'mine' }],
      ['POST', `/${id}/rotate`, {}],
      ['DELETE', `/${id}`],
    ] as const)
      expect(await asked(method, path, change)).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
    const ifMatch = { 'if-match': (await asked('GET', `/${id}`)).headers.get('etag') ?? '' };
    const at = `/server-key/${id}?project_env=${environment.projectEnv}`;
    const rename = (name: string) => call(platform.owner, 'PATCH', at, { body: { name }, headers: ifMatch });
    expect([(await rename('seen')).status, (await rename('late')).status]).toEqual([200, 412]);
    expect((await call(platform.owner, 'DELETE', at, { headers: ifMatch })).status).toBe(412);
  });

  it('have a name, and nothing more is taken', async () => {
    expect((await own('POST', '', {})).body.errors).toEqual([{ path: '/name', message: 'is required' }]);
    expect((await own('POST', '', { name: 'a', scopes: [] })).status).toBe(400);
    expect((await own('POST', '', { name: '\0' })).status).toBe(400);
    expect((await own('GET', '?status=lost')).status).toBe(400);
  });
});
