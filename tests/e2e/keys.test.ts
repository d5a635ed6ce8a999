import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const unknownId = '01a1fad6-21e2-791f-b458-61dd10db3d59';

describeStacks('keys', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const post = (path: string, body: unknown, headers = {}) => call(environment, 'POST', path, { body, headers });
  const patch = (path: string, body: unknown, headers = {}) => call(environment, 'PATCH', path, { body, headers });
  const get = (path: string) => call(environment, 'GET', path);
  const create = async (input: Record<string, unknown> = {}) => {
    const { status, body } = await post('/key', { name: 'k', ...input });
    expect({ status, body }).toMatchObject({ status: 201 });
    return body;
  };
  const ask = (key: string) => validatePlain(environment, { key });
  const codeOf = async (key: string) => {
    const { body } = await ask(key);
    return body.success ? 'ALLOWED' : body.code;
  };

  describe('are created', () => {
    it('for a client, whose the key is from the answer on', async () => {
      const client = await newClient(environment);
      const rateLimit = { requests: 5, window: 'minute' };
      const key = await create({ clientId: client.id, scopes: ['read'], rateLimit, metadata: { plan: 'pro' } });
      expect(key).toMatchObject({ clientId: client.id, reach: 'environment', status: 'active', scopes: ['read'] });
      expect(key).toMatchObject({ rateLimit, metadata: { plan: 'pro' }, familyId: key.id, predecessorId: null });
      expect((await ask(key.key)).body).toMatchObject({ success: true, clientId: client.id });
      const read = await get(`/key/${key.id}`);
      expect(read.body).toMatchObject({ id: key.id, keyPrefix: key.keyPrefix });
      expect(JSON.stringify(read.body)).not.toContain(key.key);
    });

    it('without a client, with one of its own that is listed only when it is asked for', async () => {
      const key = await create({ name: 'alone' });
      expect((await ask(key.key)).body).toMatchObject({ success: true, clientId: key.clientId });
      const listed = async (query: string) =>
        (await get(`/client?${query}`)).body.data.map(({ id }: { id: string }) => id);
      expect(await listed('limit=100')).not.toContain(key.clientId);
      expect(await listed('limit=100&hidden=true')).toContain(key.clientId);
    });

    it('with every fault told at once, and nothing made', async () => {
      const { status, body } = await post('/key', {
        name: 'k',
        clientId: unknownId,
        productId: unknownId,
        expiresAt: '2001-01-01T00:00:00Z',
        allowedIps: ['10.0.0.1/8'],
      });
      expect(status).toBe(400);
      const paths = body.errors.map(({ path }: { path: string }) => path);
      expect(paths.toSorted()).toEqual(['/allowedIps/0', '/clientId', '/expiresAt', '/productId']);
      expect((await get('/key')).body.pagination.total).toBe(0);
    });

    it('once under one name when that is asked for, however many ask at once', async () => {
      const body = { name: uniqueName('once') };
      const answers = await Promise.all(Array.from({ length: 6 }, () => post('/key?ifExists=return', body)));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 201]);
      expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
      expect(answers.filter((answer) => answer.body.key !== undefined)).toHaveLength(1);
      const refused = await post('/key?ifExists=refuse', body);
      expect(refused).toMatchObject({
        status: 409,
        body: { error: 'ALREADY_EXISTS', existingId: answers[0]?.body.id },
      });
      await post(`/key/${answers[0]?.body.id}/revoke`, undefined);
      expect((await post('/key?ifExists=return', body)).status).toBe(201);
      expect((await post('/key', body)).status).toBe(201);
    });

    it('for a client that there is, and under a name that can be one, whatever is to be done about an existing one', async () => {
      for (const ifExists of ['return', 'refuse']) {
        const answer = await post(`/key?ifExists=${ifExists}`, { name: 'a\0b', clientId: 'nobody' });
        expect(answer.status).toBe(400);
        const paths = answer.body.errors.map(({ path }: { path: string }) => path);
        expect(paths.toSorted()).toEqual(['/clientId', '/name']);
      }
    });

    it('opaque where the environment asks for them, with its prefix', async () => {
      const settings = (change: Record<string, unknown>) => call(environment, 'PUT', '/settings', { body: change });
      expect((await settings({ keyKind: 'opaque', keyPrefix: 'myapp_live' })).status).toBe(200);
      const { key } = await create();
      expect(key).toMatch(/^myapp_live_[0-9A-Za-z]{36}$/);
      expect(await codeOf(key)).toBe('ALLOWED');
      expect(await codeOf(`${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`)).toBe('INVALID_KEY');
      for (const keyPrefix of ['sk_live', 'sk_test', 'apikee', 'apikee_x', 'xyp', '_x', 'a-b'])
        expect((await settings({ keyPrefix })).status).toBe(400);
    });
  });

  it('change in place, and keep what they used', () =>
    withinOne('day', async () => {
      const key = await create({ rateLimit: { requests: 2, window: 'day' } });
      expect(await codeOf(key.key)).toBe('ALLOWED');
      const changed = await patch(`/key/${key.id}`, {
        name: 'renamed',
        rateLimit: { requests: 1, window: 'day' },
        scopes: ['x'],
        metadata: { a: 1 },
      });
      expect(changed).toMatchObject({ status: 200, body: { name: 'renamed', scopes: ['x'], metadata: { a: 1 } } });
      expect(await codeOf(key.key)).toBe('RATE_LIMITED');
      await patch(`/key/${key.id}`, { rateLimit: null });
      expect(await codeOf(key.key)).toBe('ALLOWED');
      await patch(`/key/${key.id}`, { enabled: false });
      expect(await codeOf(key.key)).toBe('DISABLED');
      expect((await patch(`/key/${key.id}`, { enabled: true })).body.status).toBe('active');
      expect(await codeOf(key.key)).toBe('ALLOWED');
    }));

  it('end no later than they state themselves, and say so', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const key = await create({ expiresAt });
    for (const later of [null, '9999-12-31T23:59:59Z'])
      expect(await patch(`/key/${key.id}`, { expiresAt: later })).toMatchObject({
        status: 400,
        body: { errors: [{ path: '/expiresAt', message: expect.stringContaining('rotate it') }] },
      });
    const sooner = new Date(Date.now() + 1_800_000).toISOString();
    expect((await patch(`/key/${key.id}`, { expiresAt: sooner })).body.expiresAt).toBe(sooner);
    expect((await patch(`/key/${key.id}`, { expiresAt })).body.expiresAt).toBe(expiresAt);
  });

  it('change only as the caller has seen them', async () => {
    const key = await create();
    const etag = (await get(`/key/${key.id}`)).headers.get('etag') ?? '';
    expect((await patch(`/key/${key.id}`, { name: 'a' }, { 'if-match': etag })).status).toBe(200);
    expect((await patch(`/key/${key.id}`, { name: 'b' }, { 'if-match': etag })).status).toBe(412);
    const remove = await call(environment, 'DELETE', `/key/${key.id}`, { headers: { 'if-match': etag } });
    expect(remove.status).toBe(412);
    expect((await post(`/key/${key.id}/rotate`, {}, { 'if-match': etag })).status).toBe(412);
    expect(await codeOf(key.key)).toBe('ALLOWED');
  });

  it('once revoked are refused at once and for good, and stay listed', async () => {
    const key = await create();
    expect(await codeOf(key.key)).toBe('ALLOWED');
    const revoked = await post(`/key/${key.id}/revoke`, undefined);
    expect(revoked).toMatchObject({ status: 200, body: { status: 'revoked', enabled: false } });
    expect(await codeOf(key.key)).toBe('REVOKED');
    expect((await post(`/key/${key.id}/revoke`, undefined)).status).toBe(200);
    expect((await patch(`/key/${key.id}`, { enabled: true })).status).toBe(409);
    expect((await get('/key?status=revoked')).body.data).toMatchObject([{ id: key.id }]);
  });

  it('once deleted are gone, and refused as revoked; the client goes on, but one of its own goes along', async () => {
    const client = await newClient(environment);
    const key = await create({ clientId: client.id });
    const own = await create();
    for (const { id, key: raw } of [key, own]) {
      const removed = await call(environment, 'DELETE', `/key/${id}`);
      expect(removed).toMatchObject({ status: 200, body: { success: true, erasureId: expect.any(String) } });
      expect(await codeOf(raw)).toBe('REVOKED');
      expect((await get(`/key/${id}`)).status).toBe(404);
      expect((await call(environment, 'DELETE', `/key/${id}`)).status).toBe(404);
    }
    expect(await codeOf(client.key)).toBe('ALLOWED');
    expect((await get(`/client/${own.clientId}`)).status).toBe(404);
    // What is left of a key follows its client through its changes.
    await call(environment, 'PUT', `/client/${client.id}`, { body: { metadata: { a: 1 } } });
    expect(await codeOf(key.key)).toBe('REVOKED');
  });

  it('of another environment are unknown', async () => {
    const key = await create();
    const other = await platform.newEnvironment();
    const calls = [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/revoke'],
      ['POST', '/rotate'],
    ] as const;
    for (const [method, verb] of calls) {
      const body = method === 'PATCH' || verb === '/rotate' ? {} : undefined;
      const of = (id: string) => call(other, method, `/key/${id}${verb}`, { body });
      const { requestId: _, ...foreign } = (await of(key.id)).body;
      const { requestId: __, ...unknown } = (await of(unknownId)).body;
      expect(foreign).toEqual(unknown);
      expect(foreign).toMatchObject({ status: 404 });
    }
    expect(await codeOf(key.key)).toBe('ALLOWED');
  });

  it('are listed by what is asked of them, page by page', async () => {
    const client = await newClient(environment);
    const soon = new Date(Date.now() + 60_000).toISOString();
    const far = '2999-01-01T00:00:00Z';
    const ending = await create({ name: 'Ending Soon', expiresAt: soon });
    const lasting = await create({ name: 'lasting 100%', expiresAt: far, clientId: client.id });
    const disabled = await create({ name: 'disabled' });
    await patch(`/key/${disabled.id}`, { enabled: false });
    const revoked = await create({ name: 'revoked' });
    await post(`/key/${revoked.id}/revoke`, undefined);
    const found = async (query: string) => {
      const { status, body } = await get(`/key?limit=100&${query}`);
      expect(status).toBe(200);
      expect(body.pagination).toMatchObject({ total: body.data.length, isTotalExact: true });
      return body.data.map(({ id }: { id: string }) => id);
    };
    expect(await found('')).toEqual([revoked.id, disabled.id, lasting.id, ending.id, client.keyId]);
    expect(await found('status=all')).toHaveLength(5);
    expect(await found('status=active')).toEqual([lasting.id, ending.id, client.keyId]);
    expect(await found('status=disabled')).toEqual([disabled.id]);
    expect(await found('status=expired')).toEqual([]);
    expect(await found(`clientId=${client.id}`)).toEqual([lasting.id, client.keyId]);
    expect(await found('name=SOON')).toEqual([ending.id]);
    expect(await found('name=100%25')).toEqual([lasting.id]);
    expect(await found(`expiresBefore=${encodeURIComponent('2900-01-01T00:00:00Z')}`)).toEqual([ending.id]);
    expect(await found(`prefix=${encodeURIComponent(lasting.key.slice(0, 12))}`)).toContain(lasting.id);
    expect(await found('prefix=other')).toEqual([]);
    expect(await found(`createdBefore=${encodeURIComponent(lasting.createdAt)}`)).not.toContain(lasting.id);
    expect(await found('status=revoked')).toEqual([revoked.id]);
    await patch(`/key/${ending.id}`, { expiresAt: '2001-01-01T00:00:00Z' });
    expect(await found('status=expired')).toEqual([ending.id]);
    expect(await found('status=active')).toEqual([lasting.id, client.keyId]);
    const second = await get('/key?limit=2&page=2');
    expect(second.body.data.map(({ id }: { id: string }) => id)).toEqual([lasting.id, ending.id]);
    expect(second.body.pagination).toMatchObject({ total: 5, page: 2, limit: 2, pages: 3 });
    for (const bad of ['status=gone', 'expiresBefore=tomorrow', 'clientId=x', 'page=0', 'limit=101', 'other=1'])
      expect((await get(`/key?${bad}`)).status).toBe(400);
    expect((await get('/key?createdBefore=9999-12-31T23:59:59-23:00')).status).toBe(400);
    expect((await get('/key?limit=100&page=1001')).body.error).toBe('TOO_BROAD');
  });
});
