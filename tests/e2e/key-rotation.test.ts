import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

describeStacks('rotation', (stack) => {
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
  const create = async (input: Record<string, unknown> = {}) => (await post('/key', { name: 'k', ...input })).body;
  const rotate = async (id: string, input: Record<string, unknown> = {}) => {
    const { status, body } = await post(`/key/${id}/rotate`, input);
    expect({ status, body }).toMatchObject({ status: 201 });
    return body;
  };
  const codeOf = async (key: string) => {
    const { body } = await validatePlain(environment, { key });
    return body.success ? 'ALLOWED' : body.code;
  };

  it('gives a successor of the same client, rules and prefix; without an overlap the old key ends at once', async () => {
    const client = await newClient(environment);
    const rules = {
      scopes: ['read', 'write'],
      allowedIps: ['0.0.0.0/0', '::/0'],
      rateLimit: { requests: 9, window: 'day' },
      metadata: { plan: 'pro' },
      autoRotate: true,
    };
    const old = await create({ clientId: client.id, ...rules });
    const fresh = await rotate(old.id);
    expect(fresh).toMatchObject({ ...rules, clientId: client.id, prefix: old.prefix, name: old.name });
    expect(fresh).toMatchObject({ familyId: old.id, predecessorId: old.id, expiresAt: null, status: 'active' });
    expect(await codeOf(old.key)).toBe('EXPIRED');
    const asFrom = (key: string) =>
      validatePlain(environment, { headers: { 'x-api-key': key, 'x-forwarded-for': '203.0.113.7' } });
    expect((await asFrom(fresh.key)).body).toMatchObject({ success: true, clientId: client.id });
    expect((await rotate(fresh.id)).familyId).toBe(old.id);
  });

  it('lets both keys live for the overlap, and use up the same limits', () =>
    withinOne('day', async () => {
      const old = await create({ rateLimit: { requests: 5, window: 'day' } });
      expect(await codeOf(old.key)).toBe('ALLOWED');
      const fresh = await rotate(old.id, { overlapSeconds: 3_600 });
      const codes = [];
      for (const key of [old, fresh, old, fresh, old, fresh]) codes.push(await codeOf(key.key));
      expect(codes).toEqual([...Array(4).fill('ALLOWED'), 'RATE_LIMITED', 'RATE_LIMITED']);
      const counts = async () =>
        Promise.all(
          [old, fresh].map(async ({ id }) => (await call(environment, 'GET', `/key/${id}`)).body.requestCount),
        );
      await waitUntil(async () => (await counts()).every((count) => count === 7), {
        what: 'both keys to show the count of the family',
        timeoutMs: 30_000,
      });
    }));

  it('ends the old key when the overlap ends', async () => {
    const old = await create();
    const fresh = await rotate(old.id, { overlapSeconds: 1 });
    expect(await codeOf(old.key)).toBe('ALLOWED');
    await waitUntil(async () => (await codeOf(old.key)) === 'EXPIRED', {
      what: 'the overlap to end',
      timeoutMs: 5_000,
    });
    expect(await codeOf(fresh.key)).toBe('ALLOWED');
  });

  it('never makes the old key live longer, and gives the new one as long a life', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const old = await create({ expiresAt });
    const fresh = await rotate(old.id, { overlapSeconds: 2_592_000 });
    expect((await call(environment, 'GET', `/key/${old.id}`)).body.expiresAt).toBe(expiresAt);
    const lifeMs = Date.parse(fresh.expiresAt) - Date.parse(fresh.createdAt);
    expect(lifeMs - (Date.parse(expiresAt) - Date.parse(old.createdAt))).toBeLessThan(1_001); // its own claim is in seconds
    expect(lifeMs).toBeGreaterThan(3_590_000);
    const last = await rotate(fresh.id, { expiresAt: null });
    expect(last.expiresAt).toBeNull();
  });

  it('takes what can be rotated only', async () => {
    const old = await create();
    const fresh = await rotate(old.id, { overlapSeconds: 60 });
    const again = await post(`/key/${old.id}/rotate`, {});
    expect(again).toMatchObject({ status: 409, body: { message: expect.stringContaining(fresh.id) } });
    await post(`/key/${fresh.id}/revoke`, undefined);
    expect((await post(`/key/${fresh.id}/rotate`, {})).status).toBe(409);
    const instead = await rotate(old.id);
    expect(await codeOf(instead.key)).toBe('ALLOWED');
    expect(instead.expiresAt).toBeNull(); // as the first successor, and not as the overlap ends
    const past = await create();
    await call(environment, 'PATCH', `/key/${past.id}`, { body: { expiresAt: '2001-01-01T00:00:00Z' } });
    expect(await post(`/key/${past.id}/rotate`, {})).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    for (const overlapSeconds of [-1, 0.5, 2_592_001])
      expect((await post(`/key/${instead.id}/rotate`, { overlapSeconds })).status).toBe(400);
    expect((await post(`/key/${instead.id}/rotate`, { expiresAt: '2001-01-01T00:00:00Z' })).status).toBe(400);
  });

  it('brings no key to life before its time, nor beyond the last moment that can be told', async () => {
    const notBefore = new Date(Date.now() + 3_600_000).toISOString();
    const early = await rotate((await create({ notBefore })).id);
    expect(early.notBefore).toBe(notBefore);
    expect(await codeOf(early.key)).toBe('NOT_YET_VALID');
    const expiresAt = '9999-12-31T23:59:59.999Z';
    const last = await create({ expiresAt });
    expect((await rotate(last.id)).expiresAt).toBe(expiresAt);
    for (const time of ['expiresAt', 'notBefore'])
      expect((await post('/key', { name: 'k', [time]: '9999-12-31T23:59:59-23:00' })).status).toBe(400);
  });

  it('keeps the totals of a family when a key of it is deleted', () =>
    withinOne('day', async () => {
      const old = await create({ rateLimit: { requests: 2, window: 'day' } });
      expect(await codeOf(old.key)).toBe('ALLOWED');
      const fresh = await rotate(old.id, { overlapSeconds: 60 });
      await call(environment, 'DELETE', `/key/${old.id}`);
      expect(await codeOf(old.key)).toBe('REVOKED');
      expect(await codeOf(fresh.key)).toBe('ALLOWED');
      expect(await codeOf(fresh.key)).toBe('RATE_LIMITED');
    }));
});
