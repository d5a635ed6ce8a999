import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { hashKey } from 'keyward/keys/hash-key';
import { Keyward } from 'keyward/keyward';
import type { Incident } from 'keyward/server/incidents';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

describeStacks('a key that an application issues itself', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;
  let keyward: Keyward;
  const incidents: Incident[] = [];
  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    environment = await platform.newEnvironment();
    keyward = new Keyward({
      secret: environment.signingSecret,
      serverKey: environment.serverKey,
      projectEnv: environment.projectEnv,
      baseUrl: platform.url,
      onIncident: (incident) => incidents.push(incident),
    });
  });
  afterAll(async () => {
    keyward?.close();
    await platform?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    incidents.length = 0;
  });

  const clientsOf = async (name: string) =>
    (await call(environment, 'GET', `/client?name=${encodeURIComponent(name)}`)).body.data;
  const tell = (name: string, key: Record<string, unknown>, query = '') =>
    call(environment, 'POST', `/client${query}`, { body: { name, keys: [{ name: 'told', ...key }] } });

  it('is known to the server before it is used, with its client', async () => {
    const tenant = uniqueName('tenant');
    const key = await keyward.create(tenant, {
      scopes: ['read'],
      expiresIn: '30d',
      meta: { plan: 'pro' },
      clientType: 'company',
      ipWhitelist: ['203.0.113.0/24'],
    });
    expect(await keyward.flush()).toBe(true);
    expect(incidents).toEqual([]);
    const { id, expiresAt } = keyward.verify(key);
    const [client] = await clientsOf(tenant);
    expect(client).toMatchObject({
      name: tenant,
      type: 'company',
      source: { kind: 'sdk' },
      ipWhitelist: ['203.0.113.0/24'],
      metadata: { plan: 'pro' },
    });
    expect(client.keys).toMatchObject([
      { name: `${tenant}-key`, scopes: ['read'], status: 'active', metadata: { claimedId: id } },
    ]);
    expect(client.keys[0].expiresAt).toBe(expiresAt?.toISOString());
    expect(client.keys[0]).not.toHaveProperty('key');
  });

  it('is revoked by whoever manages it, before its first use and after', async () => {
    const tenant = uniqueName('tenant');
    const [unused, used] = [await keyward.create(tenant), await keyward.create(tenant)];
    expect(await keyward.flush()).toBe(true);
    expect((await validatePlain(environment, { key: used })).body.success).toBe(true);
    const [client, ...others] = await clientsOf(tenant);
    expect([client.keys.length, others]).toEqual([2, []]);
    for (const { id } of client.keys) await call(environment, 'DELETE', `/client/${client.id}?keyId=${id}`);
    for (const key of [unused, used])
      expect((await validatePlain(environment, { key })).body).toMatchObject({ success: false, code: 'REVOKED' });
  });

  it('is one key, whether the server hears of it or sees it first, and however often', async () => {
    const tenant = uniqueName('tenant');
    const key = await keyward.create(tenant);
    expect((await validatePlain(environment, { key })).body.success).toBe(true);
    expect(await keyward.flush()).toBe(true);
    const sha256 = hashKey(key);
    for (const query of ['?upsert=true', '?upsert=true'])
      expect((await tell(tenant, { sha256, scopes: ['*'] }, query)).status).toBe(200);
    const [client, ...others] = await clientsOf(tenant);
    expect(others).toEqual([]);
    expect(client.keys).toHaveLength(1);
    expect(client.keys[0].scopes).toEqual([]);
    expect((await validatePlain(environment, { key })).body.clientId).toBe(client.id);
  });

  it('is its client’s, though another name stands in it', async () => {
    const [tenant, name] = [uniqueName('tenant'), uniqueName('named')];
    const key = await keyward.create(tenant, { name });
    expect((await validatePlain(environment, { key })).body.success).toBe(true);
    expect(await keyward.flush()).toBe(true);
    const [client] = await clientsOf(name);
    expect((await validatePlain(environment, { key })).body.clientId).toBe(client.id);
    await call(environment, 'DELETE', `/client/${client.id}?keyId=${client.keys[0].id}`);
    expect((await validatePlain(environment, { key })).body.code).toBe('REVOKED');
  });

  it('stays refused when it was deleted, told of again or not', async () => {
    const tenant = uniqueName('tenant');
    const key = await keyward.create(tenant);
    await keyward.flush();
    const [client] = await clientsOf(tenant);
    expect((await call(environment, 'DELETE', `/client/${client.id}`)).status).toBe(200);
    expect((await tell(tenant, { sha256: hashKey(key) }, '?upsert=true')).status).toBe(201);
    expect((await validatePlain(environment, { key })).body).toMatchObject({ success: false, code: 'REVOKED' });
  });

  it.each([
    ['a hash that is none', { sha256: 'AB' }, '/keys/0/sha256'],
    ['an id that is said without a hash', { claimedId: 'a' }, '/keys/0/claimedId'],
  ])('with %s is refused', async (_, key, path) => {
    const { status, body } = await tell(uniqueName('tenant'), key);
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ path })]]);
  });

  it('that the server refuses is said, and the key stays good by itself', async () => {
    const key = await keyward.create(uniqueName('tenant'), { templateId: crypto.randomUUID() });
    await keyward.flush();
    expect(incidents).toMatchObject([{ kind: 'registration-failed', message: expect.stringContaining('templateId') }]);
    expect(keyward.verify(key).rawKey).toBe(key);
  });
});
