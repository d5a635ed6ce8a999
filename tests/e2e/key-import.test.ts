import { createHash, createHmac, randomBytes } from 'node:crypto';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey } from '@keyward/tests/platform/sign-key';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

/** As apikeys-platform 0.2.0 makes and stores its keys: `prefix_environment_token`, HMAC-SHA-256 under its secret, hex. */
const token = () => randomBytes(32).toString('base64url');
const hmacOf = (secret: string, key: string) => createHmac('sha256', secret).update(key).digest('hex');
const sha256Of = (key: string, encoding: 'hex' | 'base64') => createHash('sha256').update(key).digest(encoding);
/** What its own code answers for this key and secret. */
const theirs = {
  secret: 'a-long-random-secret',
  key: 'myapp_live_AbCdEfGhIjKlMnOpQrStUvWxYz-_0123456789abcde',
  hash: '91acf4b40d5d24ce11e27a5e59916883a7f105e4b3c541776330b7f904bb03f5',
};

describeStacks('imported keys', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const post = (path: string, body: unknown) => call(environment, 'POST', path, { body });
  const asOwner = (method: string, path: string, body?: unknown) =>
    call(platform.owner, method, `${path}?project_env=${environment.projectEnv}`, { body });
  const newImport = async (input: Record<string, unknown>) => {
    const { status, body } = await asOwner('POST', '/key-import', { name: 'before', ...input });
    expect({ status, body }).toMatchObject({ status: 201 });
    return body;
  };
  const importKeys = async (input: Record<string, unknown>) => {
    const { status, body } = await post('/key/import', input);
    expect({ status, body }).toMatchObject({ status: 200 });
    return body;
  };
  const codeOf = async (key: string, of = environment) => {
    const { body } = await validatePlain(of, { key });
    return body.success ? 'ALLOWED' : body.code;
  };

  it('are imported once, however many import them at once', async () => {
    const keys = Array.from({ length: 5 }, () => `apikee_${token()}.x`);
    const items = keys.map((key, i) => ({ digest: sha256Of(key, 'hex'), name: `key ${i}` }));
    const answers = await Promise.all([items, items.toReversed(), items].map((each) => importKeys({ items: each })));
    expect(answers.reduce((sum, { imported }) => sum + imported, 0)).toBe(items.length);
    expect(new Set(answers.flatMap(({ data }) => data.map(({ id }: { id: string }) => id))).size).toBe(items.length);
  });

  it('go on working as apikeys-platform has stored them, until they are revoked, which is at once', async () => {
    expect(hmacOf(theirs.secret, theirs.key)).toBe(theirs.hash);
    expect(await codeOf(theirs.key)).toBe('INVALID_KEY');
    const made = await newImport({ hash: 'hmac-sha256', secret: theirs.secret, prefixes: ['myapp_live_', 'sk_'] });
    expect(JSON.stringify(made)).not.toContain(theirs.secret);
    const old = `sk_${token()}`;
    const items = [
      { digest: theirs.hash, name: 'alice', clientName: 'Alice', scopes: ['read'], keyPrefix: 'AbCdEfGh' },
      { digest: hmacOf(theirs.secret, old), name: 'bob', expiresAt: '2001-01-01T00:00:00Z' },
    ];
    const { data } = await importKeys({ importId: made.id, items });
    expect((await validatePlain(environment, { key: theirs.key })).body).toMatchObject({
      success: true,
      clientId: data[0].clientId,
    });
    expect(await codeOf(old)).toBe('EXPIRED');
    const key = (await call(environment, 'GET', `/key/${data[0].id}`)).body;
    expect(key).toMatchObject({ name: 'alice', scopes: ['read'], keyPrefix: 'AbCdEfGh', status: 'active' });
    expect((await call(environment, 'GET', `/client/${data[0].clientId}`)).body.name).toBe('Alice');
    await post(`/key/${data[0].id}/revoke`, undefined);
    expect(await codeOf(theirs.key)).toBe('REVOKED');
    await call(environment, 'DELETE', `/key/${data[0].id}`);
    expect(await codeOf(theirs.key)).toBe('REVOKED');
    const again = await post('/key/import', { importId: made.id, items: items.slice(0, 1) });
    expect(again).toMatchObject({ status: 400, body: { errors: [{ path: '/items/0/digest' }] } });
  });

  it('by SHA-256 go on working, in hex and in base64, and keep to their limits', () =>
    withinOne('day', async () => {
      const made = await newImport({ hash: 'sha256', prefixes: ['legacy-'] });
      const [inHex, inBase64] = [`legacy-${token()}`, `legacy-${token()}`];
      const rateLimit = { requests: 1, window: 'day' };
      await importKeys({
        importId: made.id,
        items: [
          { digest: sha256Of(inHex, 'hex'), name: 'hex', rateLimit },
          { digest: sha256Of(inBase64, 'base64'), name: 'base64' },
        ],
      });
      expect([await codeOf(inHex), await codeOf(inHex)]).toEqual(['ALLOWED', 'RATE_LIMITED']);
      expect(await codeOf(inBase64)).toBe('ALLOWED');
      expect(await codeOf(`legacy-${token()}`)).toBe('INVALID_KEY');
    }));

  it('in our own form need no other system to be named', async () => {
    const key = signKey('a secret of another place', { tid: 'acme' });
    const client = await newClient(environment);
    const items = [{ digest: sha256Of(key, 'hex'), name: 'ours', clientId: client.id, status: 'disabled' }];
    const { data } = await importKeys({ items });
    expect(await codeOf(key)).toBe('DISABLED');
    await call(environment, 'PATCH', `/key/${data[0].id}`, { body: { enabled: true } });
    expect((await validatePlain(environment, { key })).body).toMatchObject({ success: true, clientId: client.id });
  });

  it('are imported once, however often they are sent', async () => {
    const made = await newImport({ hash: 'hmac-sha256', secret: 's', prefixes: ['sk_'] });
    const keys = [`sk_${token()}`, `sk_${token()}`];
    const items = keys.map((key, i) => ({ digest: hmacOf('s', key), name: `k${i}`, clientName: 'shared' }));
    const first = await importKeys({ importId: made.id, items: items.slice(0, 1) });
    const second = await importKeys({ importId: made.id, items });
    expect(second).toMatchObject({ imported: 1, existing: 1 });
    expect(second.data[0]).toMatchObject({ id: first.data[0].id, isNew: false });
    expect(second.data[1].clientId).toBe(second.data[0].clientId);
    for (const key of keys) expect(await codeOf(key)).toBe('ALLOWED');
  });

  it('are known in their environment only, by their own system only', async () => {
    const key = `sk_${token()}`;
    const made = await newImport({ hash: 'hmac-sha256', secret: 'one', prefixes: ['sk_'] });
    await newImport({ hash: 'hmac-sha256', secret: 'two', prefixes: ['sk_'] });
    await importKeys({ importId: made.id, items: [{ digest: hmacOf('two', key), name: 'k' }] });
    expect(await codeOf(key)).toBe('INVALID_KEY');
    await importKeys({ importId: made.id, items: [{ digest: hmacOf('one', key), name: 'k' }] });
    expect(await codeOf(key)).toBe('ALLOWED');
    const other = await platform.newEnvironment();
    expect(await codeOf(key, other)).toBe('INVALID_KEY');
    const foreign = await call(other, 'POST', '/key/import', {
      body: { importId: made.id, items: [{ digest: hmacOf('one', key), name: 'k' }] },
    });
    expect(foreign.status).toBe(404);
  });

  it('are of one system of a secret, so that none is imported again that was revoked', async () => {
    const system = { hash: 'hmac-sha256', secret: theirs.secret, prefixes: ['myapp_live_'] };
    const { id } = await newImport(system);
    const again = await asOwner('POST', '/key-import', { name: 'again', ...system, prefixes: ['myapp_'] });
    expect(again).toMatchObject({ status: 409, body: { error: 'ALREADY_EXISTS', existingId: id } });
    await newImport({ ...system, secret: 'another' });
  });

  it('with a fault are none of them imported, and each fault names its item', async () => {
    const digest = sha256Of(token(), 'hex');
    const items = [
      { digest, name: 'a' },
      { digest, name: 'b' },
      { digest: sha256Of(token(), 'hex'), name: 'c', allowedIps: ['nowhere'], clientName: 'x' },
    ];
    const { status, body } = await post('/key/import', { items });
    expect(status).toBe(400);
    const paths = body.errors.map(({ path }: { path: string }) => path);
    expect(paths.toSorted()).toEqual(['/items/1/digest', '/items/2/allowedIps/0']);
    expect((await call(environment, 'GET', '/key')).body.pagination.total).toBe(0);
    expect((await call(environment, 'GET', '/client?name=x')).body.pagination.total).toBe(0);
  });

  it('need what their system is known by, and keep it', async () => {
    for (const bad of [
      { hash: 'hmac-sha256', prefixes: ['sk_'] },
      { hash: 'sha256', secret: 's', prefixes: ['sk_'] },
      { hash: 'sha256', prefixes: [] },
      { hash: 'sha256', prefixes: ['apikee_x'] },
      { hash: 'md5', prefixes: ['sk_'] },
    ])
      expect((await asOwner('POST', '/key-import', { name: 'n', ...bad })).status).toBe(400);
    expect((await post('/key-import', { name: 'n', hash: 'sha256', prefixes: ['sk_'] })).status).toBe(403);
    const made = await newImport({ hash: 'sha256', prefixes: ['old_'] });
    const key = `old_${token()}`;
    const { data } = await importKeys({ importId: made.id, items: [{ digest: sha256Of(key, 'hex'), name: 'k' }] });
    expect((await asOwner('DELETE', `/key-import/${made.id}`)).status).toBe(409);
    expect(await codeOf(key)).toBe('ALLOWED');
    await post(`/key/${data[0].id}/revoke`, undefined);
    expect((await asOwner('DELETE', `/key-import/${made.id}`)).status).toBe(200);
    expect((await asOwner('GET', '/key-import')).body.data).toEqual([]);
  });
});
