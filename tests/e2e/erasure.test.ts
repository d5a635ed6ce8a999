import { openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

describeStacks('erasure', (stack) => {
  const running = new AsyncDisposableStack();
  let platform: TestPlatform;
  let environment: TestEnvironment;
  let auditDiffs: (subjectId: string) => Promise<(string | null)[]>;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = running.use(await runPlatform(urls));
    const { db } = running.use(await openDatabase(urls.postgres));
    auditDiffs = async (subjectId) => {
      const records = db.selectFrom('audit_event').select('diff').where('subject_id', '=', subjectId);
      return (await records.orderBy('seq').execute()).map(({ diff }) => diff);
    };
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => running.disposeAsync());

  const ask = (key: string) =>
    validatePlain(environment, {
      headers: { 'x-api-key': key, 'x-forwarded-for': '203.0.113.7', 'user-agent': 'somebody' },
    });
  const linesOf = async (clientId: string) =>
    (await call(environment, 'GET', `/project/${environment.projectEnv}/logs?clientId=${clientId}`)).body.data;
  const untilLogged = (clientId: string, lines: number) =>
    waitUntil(async () => (await linesOf(clientId)).length === lines, { what: 'the lines', timeoutMs: 30_000 });
  const untilErased = (id: string) =>
    waitUntil(
      async () => {
        const { body } = await call(environment, 'GET', `/erasure/${id}`);
        return body.completedAt === null ? undefined : body;
      },
      { what: 'the erasure to be complete', timeoutMs: 60_000 },
    );

  it('of a key takes out of logs and audit what is personal of it alone, and gives a receipt', async () => {
    const client = await newClient(environment);
    const key = (
      await call(environment, 'POST', '/key', { body: { name: 'k', clientId: client.id, metadata: { user: 'alice' } } })
    ).body;
    for (const raw of [key.key, key.key, client.key]) expect((await ask(raw)).body.success).toBe(true);
    await untilLogged(client.id, 3);
    expect((await auditDiffs(key.id)).join()).toContain('alice');
    const { body } = await call(environment, 'DELETE', `/key/${key.id}`);
    const receipt = await untilErased(body.erasureId);
    expect(receipt).toMatchObject({ clientId: client.id, keyId: key.id, counts: { auditRecords: 1, logLines: 2 } });
    expect(Date.parse(receipt.completedAt)).toBeGreaterThanOrEqual(Date.parse(receipt.requestedAt));
    for (const line of await linesOf(client.id)) {
      const expected =
        line.keyId === key.id ? { ip: null, userAgent: null } : { ip: '203.0.113.7', userAgent: 'somebody' };
      expect(line).toMatchObject(expected);
    }
    expect((await auditDiffs(key.id)).join()).not.toContain('alice');
    // What is on its way, or comes later, says nothing either.
    expect((await ask(key.key)).body.code).toBe('REVOKED');
    await untilLogged(client.id, 4);
    const late = (await linesOf(client.id)).filter((line: { keyId: string }) => line.keyId === key.id);
    expect(late.every(({ ip }: { ip: string | null }) => ip === null)).toBe(true);
  });

  it('of a client covers all its keys', async () => {
    const client = await newClient(environment);
    expect((await ask(client.key)).body.success).toBe(true);
    await untilLogged(client.id, 1);
    const { body } = await call(environment, 'DELETE', `/client/${client.id}`);
    const receipt = await untilErased(body.erasureId);
    expect(receipt).toMatchObject({ clientId: client.id, keyId: null, counts: { logLines: 1, deadLetters: 0 } });
    expect(receipt.counts.auditRecords).toBeGreaterThan(0);
  });

  it('is known in its environment only', async () => {
    const client = await newClient(environment);
    const { body } = await call(environment, 'DELETE', `/client/${client.id}`);
    const other = await platform.newEnvironment();
    expect((await call(other, 'GET', `/erasure/${body.erasureId}`)).status).toBe(404);
    expect((await call(environment, 'GET', `/erasure/${body.erasureId}`)).status).toBe(200);
  });
});
