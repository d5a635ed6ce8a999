import { openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const dayMs = 86_400_000;

describeStacks('keys that rotate by themselves', (stack) => {
  const running = new AsyncDisposableStack();
  let platform: TestPlatform;
  let environment: TestEnvironment;
  let age: (keyId: string, days: number) => Promise<void>;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = running.use(await runPlatform(urls));
    const { db } = running.use(await openDatabase(urls.postgres));
    age = async (keyId, days) => {
      const key = db.updateTable('api_key').where('id', '=', keyId);
      // Nothing but time changes it.
      await key.set({ created_at: new Date(Date.now() - days * dayMs) } as never).execute();
    };
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => running.disposeAsync());

  const post = (path: string, body?: unknown) => call(environment, 'POST', path, { body });
  const get = (path: string) => call(environment, 'GET', path);
  const codeOf = async (key: string) => {
    const { body } = await validatePlain(environment, { key });
    return body.success ? 'ALLOWED' : body.code;
  };
  /** A key that lives 30 days, of which this many are left. */
  const ageing = async (daysLeft: number, input: Record<string, unknown> = {}) => {
    const client = await newClient(environment);
    const expiresAt = new Date(Date.now() + daysLeft * dayMs).toISOString();
    const { body } = await post('/key', { name: 'k', clientId: client.id, autoRotate: true, expiresAt, ...input });
    await age(body.id, 30 - daysLeft);
    return body;
  };
  const untilDue = ({ id, clientId }: { id: string; clientId: string }) =>
    waitUntil(
      async () =>
        (await get(`/client/${clientId}/rotations`)).body.data.find(({ keyId }: { keyId: string }) => keyId === id),
      { what: 'the rotation to be due', timeoutMs: 40_000 },
    );

  it('have a successor that is due before they end, and claimed once; the overlap begins then', async () => {
    const [late, early] = [await ageing(5, { scopes: ['read'] }), await ageing(20)];
    const due = await untilDue(late);
    expect(due).toMatchObject({ keyId: late.id, status: 'due', successorId: null, expiresAt: late.expiresAt });
    expect((await get(`/client/${early.clientId}/rotations`)).body.pagination.total).toBe(0);
    const claimed = await post(`/client/${late.clientId}/rotations/${due.id}/claim`, { overlapSeconds: 3_600 });
    expect(claimed).toMatchObject({
      status: 201,
      body: { familyId: late.id, scopes: ['read'], autoRotate: true, clientId: late.clientId },
    });
    expect(await codeOf(claimed.body.key)).toBe('ALLOWED');
    expect(await codeOf(late.key)).toBe('ALLOWED');
    const old = (await get(`/key/${late.id}`)).body;
    expect(Date.parse(old.expiresAt)).toBeLessThanOrEqual(Date.now() + 3_600_000);
    expect((await untilDue(late)).status).toBe('claimed');
    const lifeMs = Date.parse(claimed.body.expiresAt) - Date.parse(claimed.body.createdAt);
    expect(Math.round(lifeMs / dayMs)).toBe(30);
  });

  it('give up a claimed successor that nobody has used when it is claimed again, and never one that is in use', async () => {
    const key = await ageing(2);
    const due = await untilDue(key);
    const claim = () => post(`/client/${key.clientId}/rotations/${due.id}/claim`, {});
    const first = (await claim()).body;
    const second = (await claim()).body;
    expect(await codeOf(first.key)).toBe('REVOKED');
    expect(await codeOf(second.key)).toBe('ALLOWED');
    // The claim waits until that use is counted, or gives up: it takes no key away that is in use.
    expect([503, 409]).toContain((await claim()).status);
    await waitUntil(async () => (await get(`/key/${second.id}`)).body.lastUsedAt !== null, {
      what: 'the use to be counted',
      timeoutMs: 30_000,
    });
    expect((await claim()).status).toBe(409);
    expect(await codeOf(second.key)).toBe('ALLOWED');
    expect((await get(`/key/${key.id}`)).body.expiresAt).toBe(key.expiresAt);
  });

  it('are claimed of their own client in their own environment only', async () => {
    const key = await ageing(2);
    const due = await untilDue(key);
    const stranger = await newClient(environment);
    const other = await platform.newEnvironment();
    expect((await post(`/client/${stranger.id}/rotations/${due.id}/claim`, {})).status).toBe(404);
    const foreign = `/client/${key.clientId}/rotations`;
    expect((await call(other, 'POST', `${foreign}/${due.id}/claim`, { body: {} })).status).toBe(404);
    expect((await call(other, 'GET', foreign)).status).toBe(404);
    await post(`/key/${key.id}/revoke`);
    expect((await post(`${foreign}/${due.id}/claim`, {})).status).toBe(409);
  });
});
