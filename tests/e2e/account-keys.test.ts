import { openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { Browser } from '@keyward/tests/platform/browser';
import { newMember, newOwner } from '@keyward/tests/platform/new-person';
import { readAllPostgres } from '@keyward/tests/platform/read-all-postgres';
import { runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import type { Answer, Caller } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

const path = '/api/account/api-keys';

describeStacks('account keys, as the panel’s API has them', (stack) => {
  const running = new AsyncDisposableStack();
  let platform: TestPlatform;
  let owner: Caller;
  let db: Awaited<ReturnType<typeof openDatabase>>['db'];

  beforeAll(async () => {
    const urls = await stack.url();
    ({ db } = running.use(await openDatabase(urls.postgres)));
    platform = running.use(await runPlatform(urls, { adminVariables: { ACCOUNT_KEY_PREFIX: 'panel_key' } }));
    owner = platform.owner;
  });
  afterAll(() => running.disposeAsync());

  async function ask(
    caller: Caller,
    method: string,
    { at = '', body, headers = {} }: { at?: string; body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const typed = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(`${caller.url}${path}${at}`, {
      method,
      headers: { ...caller.headers, ...typed, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }
  const create = (body: object, caller = owner) => ask(caller, 'POST', { body });
  const holderOf = ({ body }: Answer): Caller => ({
    url: platform.url,
    headers: { authorization: `Bearer ${body.meta.secret_token}` },
  });
  const statusOf = async (caller: Caller, headers = {}) => (await ask(caller, 'GET', { headers })).status;

  it('are made through the gateway, shown once, and work at once', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const made = await create({ memo: 'Development', allowedIps: ['127.0.0.0/8', '::1'], expiresAt });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      data: {
        identifier: expect.any(String),
        description: 'Development',
        allowed_ips: ['127.0.0.0/8', '::1'],
        last_used_at: null,
        created_at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      },
      meta: { secret_token: expect.stringMatching(/^panel_key_[0-9A-Za-z]{36}$/) },
    });
    const list = await ask(holderOf(made), 'GET');
    expect(list.body.data[0].identifier).toBe(made.body.data.identifier);
    const { secret_token: token } = made.body.meta;
    expect(JSON.stringify(list.body)).not.toContain(token);
    const atRest = await readAllPostgres(db);
    for (const secret of [token, Buffer.from(token).toString('hex')]) expect(atRest).not.toContain(secret);
  });

  it('are listed newest first, page by page, each person’s own', async () => {
    const person = await newOwner(db, platform);
    for (const memo of ['a', 'b', 'c']) await create({ memo }, person);
    const first = await ask(person, 'GET', { at: '?page=1&limit=3' });
    expect(first.body.data.map((key: { description: string }) => key.description)).toEqual(['c', 'b', 'a']);
    expect(first.body.pagination).toEqual({ page: 1, perPage: 3, total: 4, totalPages: 2 });
    expect((await ask(person, 'GET', { at: '?page=2&limit=3' })).body.data).toHaveLength(1);
    expect((await ask(person, 'GET')).body.pagination.perPage).toBe(50);
    for (const at of ['?page=0', '?limit=0', '?limit=101', '?page=x', '?more=1'])
      expect(await ask(person, 'GET', { at })).toMatchObject({ status: 400, body: { error: 'INVALID_INPUT' } });
  });

  it('are refused with every fault that they have', async () => {
    const bad = { memo: 'x'.repeat(501), allowedIps: ['127.0.0.1'], more: true };
    const paths = (await create(bad)).body.errors.map((fault: { path: string }) => fault.path);
    expect(paths.sort()).toEqual(['/memo', '/more']);
    const past = new Date(Date.now() - 1_000).toISOString();
    const faults = await create({ allowedIps: ['10.0.0.1/8', 'localhost'], expiresAt: past });
    expect(faults).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/allowedIps/0' }, { path: '/allowedIps/1' }, { path: '/expiresAt' }] },
    });
    expect((await create({ expiresAt: 'tomorrow' })).status).toBe(400);
  });

  it('are let in from their addresses only, and what a caller says of his own is not believed', async () => {
    const elsewhere = holderOf(await create({ allowedIps: ['203.0.113.9'] }));
    for (const headers of [{}, { 'x-forwarded-for': '203.0.113.9' }, { 'x-keyward-service-token': 'guess' }]) {
      expect(await ask(elsewhere, 'GET', { headers })).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
      const direct = { ...elsewhere, url: platform.adminUrl };
      expect(await statusOf(direct, headers)).toBe('x-keyward-service-token' in headers ? 401 : 403);
    }
    const here = holderOf(await create({ allowedIps: ['127.0.0.1'] }));
    expect(await statusOf(here)).toBe(200);
    expect(await statusOf({ ...here, url: platform.adminUrl })).toBe(200);
  });

  it('make no keys that live longer than they, or are let in from elsewhere', async () => {
    const at = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
    const expiresAt = at(600);
    const ending = holderOf(await create({ expiresAt }));
    for (const bad of [{}, { expiresAt: at(660) }])
      expect(await create(bad, ending)).toMatchObject({
        status: 400,
        body: { error: 'INVALID_INPUT', errors: [{ path: '/expiresAt', message: expect.stringContaining(expiresAt) }] },
      });
    expect((await create({ expiresAt }, ending)).status).toBe(201);
    const bound = holderOf(await create({ allowedIps: ['127.0.0.0/8', '2001:db8::/32'] }));
    for (const [allowedIps, paths] of [
      [undefined, ['/allowedIps']],
      [[], ['/allowedIps']],
      [
        ['127.0.0.1', '126.0.0.0/7', '10.0.0.1', '2001:db8::/31'],
        ['/allowedIps/1', '/allowedIps/2', '/allowedIps/3'],
      ],
      [['127.0.0.1', '0.0.0.0/0'], ['/allowedIps/1']],
    ] as const) {
      const { status, body } = await create({ allowedIps }, bound);
      expect([status, body.errors?.map(({ path }: { path: string }) => path)]).toEqual([400, paths]);
    }
    const within = await create({ allowedIps: ['127.0.0.0/16', '2001:db8:1::/48', '127.0.0.0/8'] }, bound);
    expect(within.status).toBe(201);
    expect(await statusOf(holderOf(within))).toBe(200);
  });

  it('tell when they were used last', async () => {
    const made = await create({ memo: 'used' });
    const shown = async () =>
      (await ask(owner, 'GET')).body.data.find(
        (key: { identifier: string }) => key.identifier === made.body.data.identifier,
      ).last_used_at;
    expect(await shown()).toBeNull();
    const usedMs = Date.now();
    expect(await statusOf(holderOf(made))).toBe(200);
    const at = await waitUntil(async () => (await shown()) ?? undefined, { what: 'the use', timeoutMs: 10_000 });
    expect(Date.parse(at)).toBeGreaterThanOrEqual(usedMs - 1);
    expect(Date.parse(at)).toBeLessThanOrEqual(Date.now());
  });

  it('end when they expire, and on the next call when they are deleted', async () => {
    const soon = await create({ expiresAt: new Date(Date.now() + 1_500).toISOString() });
    expect(await statusOf(holderOf(soon))).toBe(200);
    await waitUntil(async () => (await statusOf(holderOf(soon))) === 401, { what: 'the expiry', timeoutMs: 10_000 });
    const made = await create({});
    const at = `/${made.body.data.identifier}`;
    expect(await ask(owner, 'DELETE', { at })).toMatchObject({ status: 200, body: { success: true } });
    expect(await statusOf(holderOf(made))).toBe(401);
    expect(await ask(owner, 'DELETE', { at })).toMatchObject({ status: 404, body: { message: 'API key not found' } });
  });

  it('of somebody else are unknown, as are those that never were', async () => {
    const { identifier } = (await create({})).body.data;
    const stranger = await newOwner(db, platform);
    const answers = [];
    for (const at of [`/${identifier}`, '/01a1fad6-21e2-791f-b458-61dd10db3d59', '/clx1a2b3c4d5e6f7g8h9i0j1'])
      answers.push(await ask(stranger, 'DELETE', { at }));
    for (const { status, body } of answers)
      expect({ status, ...body, requestId: '' }).toEqual({
        status: 404,
        ...answers[0]?.body,
        message: 'API key not found',
        requestId: '',
      });
    expect((await ask(owner, 'DELETE', { at: `/${identifier}` })).status).toBe(200);
  });

  it('made again by the same Idempotency-Key are the same', async () => {
    const headers = { 'idempotency-key': 'once' };
    const [one, two] = [
      await ask(owner, 'POST', { body: { memo: 'once' }, headers }),
      await ask(owner, 'POST', { body: { memo: 'once' }, headers }),
    ];
    expect(two).toMatchObject({ status: 201, body: one.body });
  });

  it('are for people, and written down in the audit of each organization that they belong to', async () => {
    const environment = await platform.newEnvironment();
    expect((await ask(environment, 'GET')).status).toBe(403);
    const { organizationId } = await db
      .selectFrom('organization')
      .select('id as organizationId')
      .orderBy('created_at')
      .executeTakeFirstOrThrow();
    const member = await newMember(db, platform, { organizationId, role: 'viewer' });
    const made = await create({ memo: 'mine' }, member);
    const { identifier } = made.body.data;
    await ask(member, 'DELETE', { at: `/${identifier}` });
    const audited = db
      .selectFrom('audit_event')
      .select(['organization_id', 'action'])
      .where('subject_id', '=', identifier);
    expect(await audited.orderBy('seq').execute()).toEqual([
      { organization_id: organizationId, action: 'account-key.create' },
      { organization_id: organizationId, action: 'account-key.delete' },
    ]);
  });

  it('are the only way in for people through the gateway, which passes no cookie on', async () => {
    const browser = new Browser(platform.url);
    browser.cookies.set('keyward_session', 'whatever');
    expect((await browser.call('GET', '/session')).status).toBe(401);
    const body = { email: 'somebody@example.test', password: 'a password' };
    for (const [headers, status] of [
      [{}, 401],
      [owner.headers, 403],
    ] as const)
      expect((await browser.call('POST', '/session', { body, headers })).status).toBe(status);
    const both = await browser.call('GET', '/project', { headers: owner.headers });
    expect(both.status).toBe(200);
  });
});
