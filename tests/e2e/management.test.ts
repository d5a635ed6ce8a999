import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type Answer, call, seal, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const unknownId = '01a1fad6-21e2-791f-b458-61dd10db3d59';

describeStacks('management through the gateway', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const post = (path: string, body: unknown, headers = {}) => call(environment, 'POST', path, { body, headers });
  const put = (path: string, body: unknown) => call(environment, 'PUT', path, { body });
  const get = (path: string) => call(environment, 'GET', path);
  const sealedPost = (path: string, body: unknown) =>
    post(path, seal(platform.serverPublicKey, JSON.stringify(body)).envelope, { 'X-Apikee-Encrypted': '1' });

  describe('creating a client', () => {
    it('answers it with its raw keys, which no later answer holds', async () => {
      const expiresAt = '2999-12-31T23:59:59.000Z';
      const { status, body } = await post('/client', {
        name: 'Acme Corp',
        type: 'company',
        ipWhitelist: ['203.0.113.1', '198.51.100.0/24', '2001:db8::/32'],
        metadata: { plan: 'pro' },
        keys: [{ name: 'Production Key', scopes: ['read'], expiresAt }],
      });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        name: 'Acme Corp',
        type: 'company',
        status: 'active',
        source: { kind: 'api' },
        metadata: { plan: 'pro' },
      });
      const [key] = body.keys;
      expect(key).toMatchObject({
        name: 'Production Key',
        scopes: ['read'],
        expiresAt,
        status: 'active',
        enabled: true,
        requestCount: 0,
      });
      expect(key.rawKey).toBe(key.key);
      const read = await get(`/client/${body.id}`);
      expect(JSON.stringify(read.body)).not.toContain(key.key);
      expect(read.body.keys[0]).not.toHaveProperty('rawKey');
      expect(read.body).toMatchObject({
        id: body.id,
        ipWhitelist: body.ipWhitelist,
        stats: { total: 0, success: 0, error: 0, avgDurationMs: 0 },
      });
    });

    it('of each type, and a service unless it is said', async () => {
      const types = ['person', 'company', 'service', 'device', 'internal'];
      const made = await post('/client', [...types.map((type) => ({ name: type, type })), { name: 'unsaid' }]);
      expect(made.body.map(({ type }: { type: string }) => type)).toEqual([...types, 'service']);
    });

    it('takes an array, all or nothing, and answers in its order', async () => {
      const good = await post('/client', [{ name: 'one' }, { name: 'two', type: 'device' }]);
      expect(good.status).toBe(201);
      expect(good.body.map((client: { name: string }) => client.name)).toEqual(['one', 'two']);
      const before = (await get('/client')).body.pagination.total;
      const bad = await post('/client', [{ name: 'three' }, { name: 'four', ipWhitelist: ['10.0.0.1/8'] }]);
      expect(bad.status).toBe(400);
      expect(bad.body.errors).toEqual([{ path: '/1/ipWhitelist/0', message: expect.stringContaining('host bits') }]);
      expect((await get('/client')).body.pagination.total).toBe(before);
    });

    it('reads expiresAt with Z, an offset or none, which is UTC', async () => {
      const times = [
        '2999-01-01T12:00:00Z',
        '2999-01-01T14:00:00+02:00',
        '2999-01-01T12:00:00',
        '2999-01-01T07:00:00.000-0500',
      ];
      const { body } = await post('/client', {
        name: 'times',
        keys: times.map((expiresAt, i) => ({ name: `k${i}`, expiresAt })),
      });
      for (const key of body.keys) expect(key.expiresAt).toBe('2999-01-01T12:00:00.000Z');
    });

    it('ignores fields that published SDKs may send beyond ours', async () => {
      expect(
        (await post('/client', { name: 'more', sdkVersion: '0.1.2', keys: [{ name: 'k', note: 1 }] })).status,
      ).toBe(201);
    });

    it('from an SDK keeps the client of that name: fills what is empty, adds keys of new names, changes nothing else', async () => {
      const first = await post('/client', { name: 'sdk-tenant', ipWhitelist: ['203.0.113.7'], keys: [{ name: 'a' }] });
      const again = await sealedPost('/client', {
        name: 'sdk-tenant',
        type: 'device',
        ipWhitelist: ['198.51.100.9'],
        metadata: { filled: true },
        keys: [{ name: 'a' }, { name: 'b' }],
      });
      expect(again.status).toBe(200);
      expect(again.body).toMatchObject({
        id: first.body.id,
        type: 'service',
        ipWhitelist: ['203.0.113.7'],
        metadata: { filled: true },
      });
      const [a, b] = again.body.keys;
      expect(a).not.toHaveProperty('key');
      const fromItsAddress = (key: string) =>
        validatePlain(environment, { headers: { 'x-api-key': key, 'x-forwarded-for': '203.0.113.7' } });
      expect((await fromItsAddress(b.key)).body).toMatchObject({ success: true, clientId: first.body.id });
      expect((await fromItsAddress(first.body.keys[0].key)).body).toMatchObject({ success: true });
      const third = await post('/client', { name: 'sdk-tenant', metadata: { late: 1 } }, { 'X-Apikee-Encrypted': '0' });
      expect(third).toMatchObject({ status: 200, body: { id: first.body.id, metadata: { filled: true } } });
    });

    it('by upsert many times at once makes one client', async () => {
      const name = 'upserted-at-once';
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => post('/client?upsert=true', { name, keys: [{ name: 'k' }] })),
      );
      expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
      expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
      expect((await get(`/client?name=${name}`)).body.data[0].keys).toHaveLength(1);
    });

    it('in an envelope happens once: the same envelope again is refused', async () => {
      const body = seal(platform.serverPublicKey, JSON.stringify({ name: 'created-once' })).envelope;
      expect((await post('/client', body, { 'X-Apikee-Encrypted': '1' })).status).toBe(201);
      const again = await post('/client', body, { 'X-Apikee-Encrypted': '1' });
      expect(again).toMatchObject({ status: 409, body: { error: 'REPLAYED' } });
    });

    it('cannot be made to look like one from an SDK by headers of ours', async () => {
      await post('/client', { name: 'twice' });
      expect((await post('/client', { name: 'twice' }, { 'x-keyward-from-sdk': '1' })).status).toBe(201);
    });
  });

  describe('listing clients', () => {
    it('pages newest first, filters, and takes the filter’s signs literally', async () => {
      const own = await platform.newEnvironment();
      const list = (query: string) => call(own, 'GET', `/client${query}`);
      for (const [name, type] of [
        ['Alpha_1', 'person'],
        ['alphaX1', 'company'],
        ['beta', 'company'],
      ]) {
        await call(own, 'POST', '/client', { body: { name, type } });
      }
      const names = (answer: Answer) => answer.body.data.map((client: { name: string }) => client.name);
      const first = await list('?limit=2');
      expect(names(first)).toEqual(['beta', 'alphaX1']);
      expect(first.body.pagination).toEqual({ total: 3, page: 1, limit: 2, pages: 2 });
      expect(names(await list('?limit=2&page=2'))).toEqual(['Alpha_1']);
      expect(names(await list('?name=ALPHA'))).toEqual(['alphaX1', 'Alpha_1']);
      expect(names(await list('?name=_'))).toEqual(['Alpha_1']);
      expect(names(await list('?type=company&name=b'))).toEqual(['beta']);
      expect(names(await list('?status=disabled'))).toEqual([]);
      expect(names(await list(`?templateId=${unknownId}`))).toEqual([]);
    });

    it.each(['page=0', 'limit=101', 'limit=x', 'type=robot', 'status=gone', 'templateId=1', 'colour=red', 'page=1.5'])(
      'refuses %s and names it',
      async (query) => {
        const { status, body } = await get(`/client?${query}`);
        expect(status).toBe(400);
        expect(body).toMatchObject({ error: 'INVALID_INPUT', errors: [{ path: `/${query.split('=')[0]}` }] });
      },
    );
  });

  describe('changing a client', () => {
    it('changes what is named, adds a key that works, and leaves the rest', async () => {
      const client = await newClient(environment, { scopes: ['read'] });
      const { status, body } = await put(`/client/${client.id}`, {
        name: 'renamed',
        metadata: { a: 1 },
        keys: [
          { id: client.keyId, name: 'k1', scopes: ['read', 'write'] },
          { name: 'added', scopes: ['x'] },
        ],
      });
      expect(status).toBe(200);
      expect(body).toMatchObject({ name: 'renamed', metadata: { a: 1 }, type: 'service', status: 'active' });
      expect(body.keys).toHaveLength(2);
      expect(body.keys[0]).toMatchObject({ id: client.keyId, name: 'k1', scopes: ['read', 'write'] });
      expect((await validatePlain(environment, { key: body.keys[1].key })).body).toMatchObject({ success: true });
      expect((await validatePlain(environment, { key: client.key })).body).toMatchObject({ success: true });
    });

    it('refuses all of a bad change, tells every fault at once, and changes nothing', async () => {
      const client = await newClient(environment);
      const before = (await get(`/client/${client.id}`)).body;
      const { status, body } = await put(`/client/${client.id}`, {
        name: 'changed',
        ipWhitelist: ['300.1.1.1'],
        templateId: unknownId,
        keys: [{ id: unknownId, name: 'x' }, { scopes: ['a'] }, { name: 'late', expiresAt: '2020-01-01T00:00:00Z' }],
      });
      expect(status).toBe(400);
      expect(body.errors.map((fault: { path: string }) => fault.path).sort()).toEqual([
        '/ipWhitelist/0',
        '/keys/0/id',
        '/keys/1/name',
        '/keys/2/expiresAt',
        '/templateId',
      ]);
      expect((await get(`/client/${client.id}`)).body).toEqual(before);
    });

    it.each([
      [{ colour: 'red' }, '/colour'],
      [{ name: '' }, '/name'],
      [{ status: 'gone' }, '/status'],
      [{ keys: [{ name: 'x', secret: 'y' }] }, '/keys/0/secret'],
      [{ metadata: { big: 'x'.repeat(5_000) } }, '/metadata'],
      [{ metadata: { nul: '\u0000' } }, '/metadata/nul'],
    ])('refuses %j', async (change, path) => {
      const client = await newClient(environment);
      const { status, body } = await put(`/client/${client.id}`, change);
      expect(status).toBe(400);
      expect(body.errors).toEqual([{ path, message: expect.any(String) }]);
    });

    it('never revives a revoked key', async () => {
      const client = await newClient(environment);
      await call(environment, 'DELETE', `/client/${client.id}?keyId=${client.keyId}`);
      const revive = await put(`/client/${client.id}`, { keys: [{ id: client.keyId, status: 'active' }] });
      expect(revive).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
      expect((await validatePlain(environment, { key: client.key })).body.code).toBe('REVOKED');
    });
  });

  it('deletes a client: it is gone, deleting it again is a 404, its key stays refused', async () => {
    const client = await newClient(environment);
    expect(await call(environment, 'DELETE', `/client/${client.id}`)).toMatchObject({
      status: 200,
      body: { success: true },
    });
    expect((await get(`/client/${client.id}`)).status).toBe(404);
    expect((await call(environment, 'DELETE', `/client/${client.id}`)).status).toBe(404);
    expect((await validatePlain(environment, { key: client.key })).body.code).toBe('REVOKED');
  });

  describe('of another environment', () => {
    it('is answered like an unknown id on every route, identical but for requestId', async () => {
      const foreign = await newClient(await platform.newEnvironment());
      const routes = (id: string, keyId: string) => [
        get(`/client/${id}`),
        put(`/client/${id}`, { name: 'mine' }),
        call(environment, 'DELETE', `/client/${id}`),
        call(environment, 'DELETE', `/client/${id}?keyId=${keyId}`),
      ];
      const plain = ({ status, body }: Answer) => ({ status, body: { ...body, requestId: '' } });
      const foreignAnswers = (await Promise.all(routes(foreign.id, foreign.keyId))).map(plain);
      const unknownAnswers = (await Promise.all(routes(unknownId, unknownId))).map(plain);
      const malformedAnswers = (await Promise.all(routes('not-an-id', unknownId))).map(plain);
      expect(foreignAnswers).toEqual(unknownAnswers);
      expect(malformedAnswers).toEqual(unknownAnswers);
      for (const answer of foreignAnswers) expect(answer.status).toBe(404);
    });

    it('cannot be reached by naming it beside a server key', async () => {
      const other = await platform.newEnvironment();
      const foreign = await get(`/client?project_env=${other.projectEnv}`);
      const unknown = await get('/client?project_env=no-such-env');
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
      expect((await get(`/client?project_env=${environment.projectEnv}`)).status).toBe(200);
    });
  });

  describe('endpoints', () => {
    const register = (body: unknown) => post(`/endpoint?project_env=${environment.projectEnv}`, body);

    it('are registered once, folded into patterns, with 200 every time', async () => {
      const first = await register({ method: 'GET', path: '/users/42/orders//7?x=1', name: 'GET /users/42/orders/7' });
      expect(first).toMatchObject({
        status: 200,
        body: { success: true, registered: true, path: '/users/{id}/orders/{id}' },
      });
      const again = await register({
        method: 'get',
        path: '/users/43/orders/9/',
        name: 'other',
        metadata: { scopes: ['read'], x: 1 },
      });
      expect(again).toMatchObject({ status: 200, body: { id: first.body.id, method: 'GET' } });
    });

    it('refuse what is no endpoint', async () => {
      const { status, body } = await register({ method: 'G T', path: 'users' });
      expect(status).toBe(400);
      expect(body.errors.map((fault: { path: string }) => fault.path)).toEqual(['/method', '/path']);
    });
  });

  it('keeps an upsert whole while the client is deleted', async () => {
    for (let i = 0; i < 20; i += 1) {
      const name = `raced-${i}`;
      const first = await post('/client', { name });
      const [upserted, deleted] = await Promise.all([
        post('/client?upsert=true', { name, keys: [{ name: 'k' }, { name: 'k' }] }),
        call(environment, 'DELETE', `/client/${first.body.id}`),
      ]);
      expect([200, 201]).toContain(upserted.status);
      expect(deleted.status).toBe(200);
      expect(upserted.body.keys.filter((key: { key?: string }) => key.key)).toHaveLength(1);
      const expected = upserted.body.id === first.body.id ? { code: 'REVOKED' } : { success: true };
      expect((await validatePlain(environment, { key: upserted.body.keys[0].key })).body).toMatchObject(expected);
    }
  });

  it('refuses U+0000 in the URL, dates that do not exist, and two credentials; takes a DELETE that says it is JSON', async () => {
    for (const path of ['/client?name=%00', '/project/%00', '/client/%00']) expect((await get(path)).status).toBe(400);
    const thirtieth = await post('/client', { name: 'x', keys: [{ name: 'k', expiresAt: '2999-02-30T00:00:00Z' }] });
    expect(thirtieth).toMatchObject({ status: 400, body: { errors: [{ path: '/keys/0/expiresAt' }] } });
    expect((await post('/client', { name: 'x', metadata: { path: 'C:\\ud8x \\u0000' } })).status).toBe(201);
    const other = await platform.newEnvironment();
    const two = { ...environment, headers: { ...environment.headers, authorization: `Bearer ${other.serverKey}` } };
    expect((await call(two, 'GET', '/client')).status).toBe(401);
    expect((await validatePlain(two, { key: 'x' })).status).toBe(401);
    const client = await newClient(environment);
    const headers = { 'content-type': 'application/json' };
    expect((await call(environment, 'DELETE', `/client/${client.id}`, { headers })).status).toBe(200);
  });

  it('is refused without a credential that fits', async () => {
    const { key } = await newClient(environment);
    const credentials = [
      {},
      { 'x-api-key': key },
      { authorization: 'Bearer nonsense' },
      { authorization: `Bearer xyp_${'a'.repeat(36)}` },
    ];
    for (const headers of credentials) {
      const answer = await call({ url: platform.url, headers: headers as Record<string, string> }, 'GET', '/client');
      expect(answer).toMatchObject({ status: 401, body: { error: 'UNAUTHENTICATED' } });
    }
    const unnamed = await call(platform.owner, 'GET', '/client');
    expect(unnamed).toMatchObject({ status: 400, body: { errors: [{ path: '/project_env' }] } });
    const named = await call(platform.owner, 'GET', `/client?project_env=${environment.projectEnv}`);
    expect(named.status).toBe(200);
  });
});
