import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, facts, seal, validatePath, validatePlain, validateSealed } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

describeStacks('the settings of an environment', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const change = (body: unknown) => call(environment, 'PUT', '/settings', { body });
  const ask = (key: string, headers: Record<string, unknown>) =>
    validatePlain(environment, { headers: { 'x-api-key': key, ...headers } });

  it('are read with their defaults, changed in part, and kept apart from other environments’', async () => {
    const other = await platform.newEnvironment();
    const before = (await call(environment, 'GET', '/settings')).body;
    expect(before.settings).toMatchObject({
      refusals: 'body',
      encryption: 'optional',
      keyHeader: 'x-api-key',
      hops: 1,
    });
    expect(before.warnings).toEqual([expect.stringContaining('set 0')]);
    const changed = await change({ hops: 0, toleranceSeconds: 60 });
    expect(changed).toMatchObject({
      status: 200,
      body: { settings: { ...before.settings, hops: 0, toleranceSeconds: 60 } },
    });
    expect(changed.body.warnings).toEqual([]);
    expect((await change({ failurePolicy: 'open' })).body.warnings).toEqual([expect.stringContaining('60 seconds')]);
    await change({ failurePolicy: 'closed' });
    expect((await call(environment, 'GET', '/settings')).body.settings).toEqual(changed.body.settings);
    expect((await call(other, 'GET', '/settings')).body.settings).toEqual(before.settings);
  });

  it.each([
    [{ hops: 6 }, '/hops'],
    [{ hops: '1' }, '/hops'],
    [{ refusals: 'maybe' }, '/refusals'],
    [{ keyHeader: 'X Key' }, '/keyHeader'],
    [{ trustedProxies: ['10.0.0.1/8'] }, '/trustedProxies/0'],
    [{ toleranceSeconds: 301 }, '/toleranceSeconds'],
    [{ colour: 'red' }, '/colour'],
    [{ defaultTemplateId: 'gold' }, '/defaultTemplateId'],
    [{ defaultTemplateId: '00000000-0000-7000-8000-000000000000' }, '/defaultTemplateId'],
  ])('refuse %j and name it', async (body, path) => {
    expect(await change(body)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
  });

  it('take a default template of their own environment only', async () => {
    const other = await platform.newEnvironment();
    const foreign = await call(other, 'POST', '/template', { body: { name: 'gold' } });
    const refused = await change({ defaultTemplateId: foreign.body.id });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: '/defaultTemplateId' }] } });
    const { id } = (await call(environment, 'POST', '/template', { body: { name: 'gold' } })).body;
    const taken = await change({ defaultTemplateId: id.toUpperCase() });
    expect(taken).toMatchObject({ status: 200, body: { settings: { defaultTemplateId: id } } });
    const without = await change({ defaultTemplateId: null });
    expect(without).toMatchObject({ status: 200, body: { settings: { defaultTemplateId: null } } });
  });

  describe('hold on the very next request', () => {
    it('hops, and the IP lists of client and key', async () => {
      const { body: client } = await call(environment, 'POST', '/client', {
        body: { name: 'listed', ipWhitelist: ['203.0.113.0/24'], keys: [{ name: 'k', allowedIps: ['203.0.113.9'] }] },
      });
      const { key, id: keyId } = client.keys[0];
      const forwarded = (chain: string) => ask(key, { 'X-Forwarded-For': chain });
      expect((await forwarded('1.2.3.4, 203.0.113.9')).body).toMatchObject({ success: true });
      expect((await forwarded('203.0.113.9, 203.0.113.10')).body).toMatchObject({
        code: 'IP_NOT_ALLOWED',
        status: 403,
      });
      expect((await ask(key, {})).body).toMatchObject({ code: 'IP_NOT_ALLOWED' });
      await change({ hops: 2 });
      expect((await forwarded('203.0.113.9, 203.0.113.10')).body).toMatchObject({ success: true });
      await change({ hops: 0 });
      expect((await forwarded('203.0.113.9')).body).toMatchObject({ code: 'IP_NOT_ALLOWED' });
      const socket = { ...facts({ key }), remoteAddress: '203.0.113.9' };
      expect((await call(environment, 'POST', validatePath({}), { body: socket })).body).toMatchObject({
        success: true,
      });
      await call(environment, 'PUT', `/client/${client.id}`, { body: { ipWhitelist: ['198.51.100.0/24'] } });
      expect((await call(environment, 'POST', validatePath({}), { body: socket })).body).toMatchObject({
        code: 'IP_NOT_ALLOWED',
      });
      const open = { ipWhitelist: [], keys: [{ id: keyId, allowedIps: [] }] };
      await call(environment, 'PUT', `/client/${client.id}`, { body: open });
      expect((await ask(key, {})).body).toMatchObject({ success: true });
    });

    it('refusals: with their own status, when it is so set', async () => {
      const client = await newClient(environment);
      await change({ refusals: 'http' });
      expect(await ask('apikee_a.b', {})).toMatchObject({ status: 401, body: { success: false, code: 'INVALID_KEY' } });
      await call(environment, 'DELETE', `/client/${client.id}?keyId=${client.keyId}`);
      expect(await ask(client.key, {})).toMatchObject({ status: 403, body: { success: false, code: 'REVOKED' } });
      await change({ refusals: 'body' });
      expect(await ask(client.key, {})).toMatchObject({ status: 200, body: { code: 'REVOKED' } });
    });

    it('encryption: plain bodies are refused for validate and create, never for endpoints', async () => {
      const client = await newClient(environment);
      expect((await ask(client.key, {})).body).toMatchObject({ success: true });
      await change({ encryption: 'required' });
      expect((await ask(client.key, {})).body).toMatchObject({ code: 'ENCRYPTION_REQUIRED', status: 403 });
      const sealed = await validateSealed(environment, platform.serverPublicKey, { key: client.key });
      expect(sealed.body).toMatchObject({ success: true });
      const plain = await call(environment, 'POST', '/client', { body: { name: 'plain' } });
      expect(plain).toMatchObject({ status: 403, body: { error: 'ENCRYPTION_REQUIRED' } });
      const { envelope } = seal(platform.serverPublicKey, JSON.stringify({ name: 'sealed' }));
      const headers = { 'X-Apikee-Encrypted': '1' };
      expect((await call(environment, 'POST', '/client', { body: envelope, headers })).status).toBe(201);
      const path = `/client?project_env=${environment.projectEnv}`;
      expect((await call(platform.owner, 'POST', path, { body: { name: 'by a person' } })).status).toBe(201);
      expect((await call(environment, 'POST', '/endpoint', { body: { method: 'GET', path: '/x' } })).status).toBe(200);
      await change({ encryption: 'optional' });
      expect((await ask(client.key, {})).body).toMatchObject({ success: true });
    });

    it('the name of the key header', async () => {
      const { key } = await newClient(environment);
      expect((await validatePlain(environment, { key })).body).toMatchObject({ success: true });
      await change({ keyHeader: 'x-shop-key' });
      expect((await validatePlain(environment, { headers: { 'X-Shop-Key': key } })).body).toMatchObject({
        success: true,
      });
      expect((await validatePlain(environment, { headers: { 'x-api-key': key } })).body).toMatchObject({
        code: 'MISSING_KEY',
      });
      const bearer = { authorization: `Bearer ${key}`, 'x-api-key': 'something else' };
      expect((await validatePlain(environment, { headers: bearer })).body).toMatchObject({ success: true });
    });

    it('replays: the same envelope is refused, or judged and counted again', async () => {
      const { id, key } = await newClient(environment);
      const { envelope } = seal(platform.serverPublicKey, JSON.stringify(facts({ key })));
      const headers = { 'X-Apikee-Encrypted': '1' };
      const send = () => call(environment, 'POST', validatePath({}), { body: envelope, headers });
      expect((await send()).body).toMatchObject({ success: true });
      expect((await send()).body).toMatchObject({ code: 'REPLAYED', status: 400 });
      await change({ replays: 'allow' });
      expect((await send()).body).toMatchObject({ success: true });
      expect((await send()).body).toMatchObject({ success: true });
      await change({ replays: 'refuse' });
      expect((await send()).body).toMatchObject({ code: 'REPLAYED' });
      const counted = async () => (await call(environment, 'GET', `/client/${id}`)).body.stats;
      await waitUntil(async () => (await counted()).total === 5, { what: 'every call', timeoutMs: 20_000 });
      expect(await counted()).toMatchObject({ total: 5, success: 3, error: 2 });
    });

    it('the tolerance of timestamps', async () => {
      const { key } = await newClient(environment);
      const old = () => new Date(Date.now() - 120_000).toISOString();
      expect((await validatePlain(environment, { key, timestamp: old() })).body).toMatchObject({ success: true });
      await change({ toleranceSeconds: 60 });
      expect((await validatePlain(environment, { key, timestamp: old() })).body).toMatchObject({
        code: 'STALE_REQUEST',
      });
    });
  });
});
