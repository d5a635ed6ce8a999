import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type Answer, call, facts, seal, validatePath, validatePlain } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

describeStacks('limits', (stack) => {
  let platform: TestPlatform;
  let nodes: string[];
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    nodes = [platform.url, await platform.addNode(), await platform.addNode()];
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const makeClient = async (client: Record<string, unknown>, key: Record<string, unknown> = {}) => {
    const body = { name: 'limited', ...client, keys: [{ name: 'k', ...key }] };
    const made = await call(environment, 'POST', '/client', { body });
    expect(made.status).toBe(201);
    return { id: made.body.id as string, key: made.body.keys[0].key as string, keyId: made.body.keys[0].id as string };
  };
  const makeTemplate = async (limits: Record<string, unknown>): Promise<string> =>
    (await call(environment, 'POST', '/template', { body: { name: 't', ...limits } })).body.id;
  const ask = (key: string, i = 0) => validatePlain({ ...environment, url: nodes[i % nodes.length] ?? '' }, { key });
  const askAtCost = (key: string, cost: number) =>
    call(environment, 'POST', validatePath({}), { body: { ...facts({ key }), cost } });
  const allowed = (answers: Answer[]) => answers.filter(({ body }) => body.success).length;

  it('are exact on several nodes at once: of 200 calls exactly 50 pass', () =>
    withinOne('day', async () => {
      const { key } = await makeClient({ templateId: await makeTemplate({ rateLimitDay: 50 }) });
      const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(key, i)));
      expect(allowed(answers)).toBe(50);
      const refused = answers.find(({ body }) => !body.success);
      expect(refused?.body).toMatchObject({ code: 'RATE_LIMITED', status: 429, subject: 'client', window: 'day' });
      expect(refused?.body.retryAfterSeconds).toBeGreaterThan(0);
    }));

  it('are told in headers, as structured fields', () =>
    withinOne('day', async () => {
      const rateLimit = { requests: 2, window: 'day' };
      const { key } = await makeClient({ templateId: await makeTemplate({ rateLimitMonth: 10 }) }, { rateLimit });
      const first = await ask(key);
      expect(first.headers.get('ratelimit-policy')).toMatch(/^"key-day";q=2;w=86400, "client-month";q=10;w=\d+$/);
      expect(first.headers.get('ratelimit')).toMatch(/^"key-day";r=1;t=\d+, "client-month";r=9;t=\d+$/);
      expect(first.headers.get('retry-after')).toBeNull();
      await ask(key);
      const refused = await ask(key);
      expect(refused.body).toMatchObject({ code: 'RATE_LIMITED', subject: 'key', window: 'day' });
      expect(refused.headers.get('retry-after')).toBe(String(refused.body.retryAfterSeconds));
      const midnight = new Date().setUTCHours(24, 0, 0, 0);
      expect(Math.abs(refused.body.retryAfterSeconds - (midnight - Date.now()) / 1_000)).toBeLessThan(2);
      expect(refused.headers.get('ratelimit')).toContain('"client-month";r=8;');
    }));

  it('that nobody has set are told nowhere', async () => {
    const { key } = await makeClient({});
    expect((await ask(key)).headers.has('ratelimit')).toBe(false);
  });

  it('change at once on warm nodes, and keep what was used', () =>
    withinOne('day', async () => {
      const templateId = await makeTemplate({ rateLimitDay: 3 });
      const { key, id, keyId } = await makeClient({ templateId });
      expect(allowed([await ask(key, 0), await ask(key, 1), await ask(key, 2), await ask(key, 0)])).toBe(3);
      const change = (body: unknown) => call(environment, 'PUT', `/template/${templateId}`, { body });
      expect((await change({ rateLimitDay: 5 })).body).toMatchObject({ rateLimitDay: 5, rateLimitHour: null });
      expect(allowed([await ask(key, 1), await ask(key, 2), await ask(key, 0)])).toBe(2);
      await change({ rateLimitDay: null });
      expect((await ask(key, 1)).body).toMatchObject({ success: true });
      const rateLimit = { requests: 6, window: 'day' };
      const limited = await call(environment, 'PUT', `/client/${id}`, { body: { keys: [{ id: keyId, rateLimit }] } });
      expect(limited.body.keys[0].rateLimit).toEqual(rateLimit);
      expect((await ask(key, 2)).body).toMatchObject({ code: 'RATE_LIMITED', subject: 'key' });
      await call(environment, 'PUT', `/client/${id}`, { body: { keys: [{ id: keyId, rateLimit: null }] } });
      expect((await ask(key, 0)).body).toMatchObject({ success: true });
    }));

  it('count what a call costs; a cost above the limit is refused without a time to come back', () =>
    withinOne('day', async () => {
      const { key } = await makeClient({ templateId: await makeTemplate({ rateLimitDay: 10 }) });
      expect((await askAtCost(key, 7)).body).toMatchObject({ success: true });
      expect((await askAtCost(key, 4)).body).toMatchObject({
        code: 'RATE_LIMITED',
        retryAfterSeconds: expect.any(Number),
      });
      const hopeless = await askAtCost(key, 11);
      expect(hopeless.body).toMatchObject({ code: 'RATE_LIMITED' });
      expect(hopeless.body).not.toHaveProperty('retryAfterSeconds');
      expect((await askAtCost(key, 0)).body).toMatchObject({ success: true });
      expect((await askAtCost(key, 3)).body).toMatchObject({ success: true });
      expect((await askAtCost(key, -1)).status).toBe(400);
    }));

  it('are not touched by what is refused otherwise, nor by the same envelope again', () =>
    withinOne('day', async () => {
      const { key, id } = await makeClient({ templateId: await makeTemplate({ rateLimitDay: 2 }) });
      const { envelope } = seal(platform.serverPublicKey, JSON.stringify(facts({ key })));
      const send = () =>
        call(environment, 'POST', validatePath({}), { body: envelope, headers: { 'X-Apikee-Encrypted': '1' } });
      expect((await send()).body).toMatchObject({ success: true });
      expect((await send()).body).toMatchObject({ code: 'REPLAYED' });
      await call(environment, 'PUT', `/client/${id}`, { body: { status: 'disabled' } });
      expect((await ask(key)).body).toMatchObject({ code: 'CLIENT_DISABLED' });
      await call(environment, 'PUT', `/client/${id}`, { body: { status: 'active' } });
      expect((await ask(key)).body).toMatchObject({ success: true });
      expect((await ask(key)).body).toMatchObject({ code: 'RATE_LIMITED' });
    }));

  describe('templates', () => {
    it('are listed, have names of their own, and are hidden from other environments', async () => {
      const id = await makeTemplate({ rateLimitHour: 1 });
      expect((await call(environment, 'GET', '/client/templates')).body.data).toMatchObject([
        { id, name: 't', rateLimitHour: 1 },
      ]);
      const again = await call(environment, 'POST', '/template', { body: { name: 't' } });
      expect(again).toMatchObject({ status: 409, body: { error: 'ALREADY_EXISTS', existingId: id } });
      const other = await platform.newEnvironment();
      const foreign = await call(other, 'PUT', `/template/${id}`, { body: { rateLimitHour: 9 } });
      const unknown = await call(other, 'PUT', '/template/01a1fad6-21e2-791f-b458-61dd10db3d59', {
        body: { rateLimitHour: 9 },
      });
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, requestId: '' }).toMatchObject({ ...unknown.body, requestId: '', status: 404 });
      const bad = await call(environment, 'PUT', `/template/${id}`, { body: { rateLimitHour: -1, colour: 'red' } });
      expect(bad.body.errors.map((fault: { path: string }) => fault.path).sort()).toEqual([
        '/colour',
        '/rateLimitHour',
      ]);
    });
  });
});
