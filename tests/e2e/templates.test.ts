import { newId } from '@keyward/kit/random';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey } from '@keyward/tests/platform/sign-key';
import { call, seal, validatePlain } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

describeStacks('templates', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const create = async (body: object): Promise<string> =>
    (await call(environment, 'POST', '/template', { body })).body.id;
  const one = (method: string, id: string, { query = '', ...options }: { query?: string; body?: object } = {}) =>
    call(environment, method, `/template/${id}${query}`, options);
  const newClient = (templateId: string | null, name = uniqueName('c')) =>
    call(environment, 'POST', '/client', { body: { name, templateId, keys: [{ name: 'k' }] } });
  const clients = async () => (await call(environment, 'GET', '/client?limit=100')).body;

  it('are read one by one and listed newest first, by name', async () => {
    const id = await create({ name: 'Free_1', rateLimitHour: 100 });
    await create({ name: 'paid' });
    const view = { id, name: 'Free_1', rateLimitHour: 100, rateLimitDay: null, maxClients: null };
    expect((await one('GET', id)).body).toMatchObject(view);
    const list = async (query: string) => (await call(environment, 'GET', `/client/templates?${query}`)).body;
    const client = (await newClient(id.toUpperCase())).body;
    const changed = await call(environment, 'PUT', `/client/${client.id}`, { body: { templateId: id.toUpperCase() } });
    expect([client.templateId, changed.body.templateId]).toEqual([id, id]);
    const first = await list('limit=1');
    expect(first.data).toMatchObject([{ name: 'paid' }]);
    expect(first.pagination).toEqual({ total: 2, page: 1, limit: 1, pages: 2 });
    expect((await list('name=E_')).data).toMatchObject([view]);
    const other = await platform.newEnvironment();
    for (const method of ['GET', 'DELETE']) {
      const asked = (unknown: string) => call(other, method, `/template/${unknown}`);
      const [foreign, unknown] = [await asked(id), await asked(newId())];
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
    }
  });

  it('are deleted, but not while something uses them, but for force; then these clients have no limits', () =>
    withinOne('hour', async () => {
      const id = await create({ name: 'none', rateLimitHour: 0 });
      const client = (await newClient(id)).body;
      const [{ key }] = client.keys;
      expect((await validatePlain(environment, { key })).body.code).toBe('RATE_LIMITED');
      await call(environment, 'PUT', '/settings', { body: { defaultTemplateId: id } });
      const refused = await one('DELETE', id);
      expect(refused).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
      expect(refused.body.message).toMatch(/clients \(1\) and the setting defaultTemplateId/);
      expect((await one('DELETE', id, { query: '?forceDelete=true' })).body).toEqual({ success: true });
      expect((await one('GET', id)).status).toBe(404);
      expect((await validatePlain(environment, { key })).body).toMatchObject({ success: true });
      expect((await call(environment, 'GET', `/client/${client.id}`)).body.templateId).toBeNull();
      expect((await call(environment, 'GET', '/settings')).body.settings.defaultTemplateId).toBeNull();
      const unused = await create({ name: 'unused' });
      expect((await one('DELETE', unused)).body).toEqual({ success: true });
    }));

  it('never have more clients than they take, however many come at a time and whichever way', async () => {
    const id = await create({ name: 'small', maxClients: 3 });
    const plain = (await newClient(null)).body;
    const upsert = () => {
      const body = { name: uniqueName('u'), templateId: id };
      return call(environment, 'POST', '/client?upsert=true', { body });
    };
    const sealed = () => {
      const text = JSON.stringify({ name: uniqueName('s'), templateId: id });
      const body = seal(platform.serverPublicKey, text).envelope;
      return call(environment, 'POST', '/client', { body, headers: { 'X-Apikee-Encrypted': '1' } });
    };
    const move = () => call(environment, 'PUT', `/client/${plain.id}`, { body: { templateId: id } });
    const ways = [() => newClient(id), upsert, sealed, move];
    const answers = await Promise.all([...ways, ...ways].map((way) => way()));
    const refused = answers.filter(({ status }) => status >= 300);
    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
      expect(answer.body.message).toContain('"small" takes at most 3 clients');
    }
    const having = (await call(environment, 'GET', `/client?templateId=${id}`)).body;
    expect(having.pagination.total).toBe(3);
    const body = ['a', 'b'].map((name) => ({ name, templateId: id }));
    await call(environment, 'DELETE', `/client/${having.data[0].id}`);
    const before = (await clients()).pagination.total;
    expect((await call(environment, 'POST', '/client', { body })).status).toBe(409);
    expect((await clients()).pagination.total).toBe(before);
    expect((await newClient(id)).status).toBe(201);
    expect((await one('PUT', id, { body: { maxClients: 1 } })).status).toBe(200);
    const [kept] = (await call(environment, 'GET', `/client?templateId=${id}`)).body.data;
    const stays = { name: uniqueName('renamed'), templateId: id };
    expect((await call(environment, 'PUT', `/client/${kept.id}`, { body: stays })).status).toBe(200);
  });

  it('that are full take no client that registers itself; its key stays accepted, under their limits', () =>
    withinOne('hour', async () => {
      const id = await create({ name: 'default', maxClients: 1, rateLimitHour: 1 });
      await call(environment, 'PUT', '/settings', { body: { defaultTemplateId: id } });
      await newClient(id);
      const [name, known] = [uniqueName('late'), uniqueName('known')];
      const key = signKey(environment.signingSecret, { tid: name });
      const codes = async () => (await validatePlain(environment, { key })).body.code ?? 'ALLOWED';
      expect(await codes()).toBe('ALLOWED');
      expect(await codes()).toBe('RATE_LIMITED');
      const registered = (await newClient(null, known)).body;
      const other = signKey(environment.signingSecret, { tid: known });
      await validatePlain(environment, { key: other });
      const keysOf = async () => (await call(environment, 'GET', `/client/${registered.id}`)).body.keys.length;
      await waitUntil(async () => (await keysOf()) === 2, { what: 'a later key to be registered', timeoutMs: 20_000 });
      expect((await clients()).data.map((client: { name: string }) => client.name)).not.toContain(name);
      expect(await codes()).toBe('RATE_LIMITED');
    }));
});
