import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newMember, newOwner } from '@keyward/tests/platform/new-person';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey } from '@keyward/tests/platform/sign-key';
import { WebhookReceiver } from '@keyward/tests/platform/webhook-receiver';
import { type Answer, type Caller, call, validatePlain } from '@keyward/tests/platform/wire-client';
import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

describeStacks('webhooks', (stack) => {
  const own = new AsyncDisposableStack();
  let platform: TestPlatform;
  let db: Database;
  let receiver: WebhookReceiver;
  let environment: TestEnvironment;
  let organizationId: string;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls, { outboundAllowedHosts: '127.0.0.1' }));
    db = own.use(await openDatabase(urls.postgres)).db;
  });
  beforeEach(async () => {
    receiver = await WebhookReceiver.start();
    environment = await platform.newEnvironment();
    organizationId = (await call(platform.owner, 'GET', `/project/${environment.projectEnv}`)).body.team.id;
  });
  afterEach(() => receiver[Symbol.asyncDispose]());
  afterAll(() => own.disposeAsync());

  interface Asked {
    body?: unknown;
    caller?: Caller;
    headers?: Record<string, string>;
    projectEnv?: string;
  }
  const ask = (method: string, path = '', { caller = platform.owner, projectEnv, ...options }: Asked = {}) => {
    const named = `project_env=${projectEnv ?? environment.projectEnv}`;
    return call(caller, method, `/webhook${path}${path.includes('?') ? '&' : '?'}${named}`, options);
  };
  const made = async (body: object = {}) =>
    (await ask('POST', '', { body: { url: receiver.url, events: ['*'], ...body } })).body;
  const arrived = (count: number) =>
    waitUntil(() => receiver.received.length >= count, { what: `${count} deliveries`, timeoutMs: 20_000 });
  const deliveries = async (id: string, query = '') => (await ask('GET', `/${id}/deliveries${query}`)).body;
  const hasStatus = (id: string, status: string) =>
    waitUntil(async () => (await deliveries(id, `?status=${status}`)).data[0], {
      what: `a delivery that is ${status}`,
      timeoutMs: 20_000,
    });

  /** What is sent fails, and is not tried again while the test goes on. */
  const failForAnHour = () => {
    receiver.answer = (response) => response.writeHead(500, { 'retry-after': '3600' }).end();
  };

  it('bring what happens to a client and its keys, signed', async () => {
    const webhook = await ask('POST', '', { body: { url: receiver.url, events: ['*'], description: 'ours' } });
    expect(webhook).toMatchObject({ status: 201, body: { enabled: true, disabledReason: null, failingSince: null } });
    const { secret } = webhook.body;
    const client = await newClient(environment);
    await call(environment, 'DELETE', `/client/${client.id}?keyId=${client.keyId}`);
    await call(environment, 'DELETE', `/client/${client.id}`);
    await arrived(4);
    const events = receiver.received.map(({ body, headers }) =>
      new Verifier(secret).verify(body, headers as Record<string, string>),
    ) as { type: string; data: Record<string, unknown> }[];
    const ofKey = { clientId: client.id, keyId: client.keyId };
    const byType = Object.fromEntries(events.map(({ type, data }) => [type, data]));
    expect(byType).toMatchObject({
      'client.created': { clientId: client.id },
      'key.created': ofKey,
      'key.revoked': ofKey,
      'client.deleted': { clientId: client.id },
    });
    expect(receiver.received.map(({ body }) => body).join()).not.toContain(client.key);
    expect(new Set(receiver.ids()).size).toBe(4);
    await waitUntil(async () => (await deliveries(webhook.body.id, '?status=delivered')).data.length === 4, {
      what: 'four notes',
      timeoutMs: 10_000,
    });
  });

  it('bring what comes by use: the first, and a limit that is reached, each once', async () => {
    await made({ events: ['key.first_used', 'limit.reached'] });
    const client = await newClient(environment, { rateLimit: { requests: 2, window: 'day' } });
    for (let i = 0; i < 5; i += 1) await validatePlain(environment, { key: client.key });
    await arrived(2);
    await validatePlain(environment, { key: client.key });
    const { id } = await made({ events: ['key.first_used'] });
    await ask('POST', `/${id}/test`);
    await arrived(3);
    expect(receiver.types().toSorted()).toEqual(['key.first_used', 'limit.reached', 'webhook.test']);
  });

  it('bring a client that makes itself known by a locally signed key', async () => {
    await made();
    const exp = Math.floor(Date.now() / 1_000) + 3_600 * 24 * 100;
    const key = signKey(environment.signingSecret, { tid: uniqueName('tenant'), exp });
    const { body } = await validatePlain(environment, { key });
    await arrived(3);
    expect(receiver.types().toSorted()).toEqual(['client.created', 'key.created', 'key.first_used']);
    const events = receiver.received.map((one) => JSON.parse(one.body));
    for (const { data } of events) expect(data.clientId).toBe(body.clientId);
    expect(events.find(({ type }) => type === 'key.created').data.expiresAt).toBe(new Date(exp * 1_000).toISOString());
  });

  it('show their secret once, are listed newest first, and keep it from all who look', async () => {
    const [first, second] = [await made(), await made({ enabled: false, events: ['key.created', 'client.deleted'] })];
    const listed = await ask('GET');
    expect(listed.body.pagination).toEqual({ total: 2, page: 1, limit: 10, pages: 1 });
    expect(listed.body.data.map(({ id }: { id: string }) => id)).toEqual([second.id, first.id]);
    expect((await ask('GET', '?enabled=true')).body.data.map(({ id }: { id: string }) => id)).toEqual([first.id]);
    const { secret, ...shown } = second;
    const read = await ask('GET', `/${second.id}`);
    expect(read.body).toEqual(shown);
    const sealed = await db.selectFrom('webhook_secret').select('sealed').execute();
    const raw = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const kept = [
      JSON.stringify([listed.body, read.body, await db.selectFrom('audit_event').selectAll().execute()]),
      ...sealed.map((row) => Buffer.from(row.sealed).toString('latin1')),
    ].join();
    for (const text of [secret, raw.toString('base64url'), raw.toString('latin1')]) expect(kept).not.toContain(text);
  });

  it('are changed in part, by who has seen them as they are', async () => {
    const { id, url } = await made();
    const { headers } = await ask('GET', `/${id}`);
    const etag = headers.get('etag') ?? '';
    const put = (body: object, sent = {}) => ask('PUT', `/${id}`, { body, headers: sent });
    const changed = await put({ events: ['key.created'], description: 'a' }, { 'if-match': etag });
    expect(changed).toMatchObject({ status: 200, body: { url, events: ['key.created'], description: 'a' } });
    expect(await put({ enabled: false }, { 'if-match': etag })).toMatchObject({
      status: 412,
      body: { error: 'PRECONDITION_FAILED' },
    });
    expect((await ask('DELETE', `/${id}`, { headers: { 'if-match': etag } })).status).toBe(412);
    expect((await put({ description: null })).body).toMatchObject({ description: null, enabled: true });
    expect((await ask('DELETE', `/${id}`)).body).toEqual({ success: true });
    expect((await ask('DELETE', `/${id}`)).status).toBe(404);
    const actions = db.selectFrom('audit_event').select('action').where('subject_id', '=', id).orderBy('seq');
    expect((await actions.execute()).map(({ action }) => action)).toEqual([
      'webhook.create',
      'webhook.change',
      'webhook.change',
      'webhook.delete',
    ]);
  });

  it('that are disabled bring nothing, and bring what waited when they are enabled', async () => {
    const { id } = await made();
    failForAnHour();
    await ask('POST', `/${id}/test`);
    await hasStatus(id, 'failed');
    await ask('PUT', `/${id}`, { body: { enabled: false } });
    expect(await ask('POST', `/${id}/test`)).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    await newClient(environment);
    expect((await deliveries(id)).data).toHaveLength(1);
    await db
      .updateTable('webhook_delivery')
      .set({ next_attempt_at: new Date() })
      .where('webhook_id', '=', id)
      .execute();
    receiver.answer = (response) => response.writeHead(200).end();
    await ask('PUT', `/${id}`, { body: { enabled: true } });
    await hasStatus(id, 'delivered');
    expect(new Set(receiver.ids()).size).toBe(1);
  });

  it('tell what was sent, in parts, and send again what is dead', async () => {
    const { id } = await made();
    failForAnHour();
    const sent: string[] = [];
    for (let i = 0; i < 3; i += 1) sent.push((await ask('POST', `/${id}/test`)).body.id);
    await waitUntil(async () => (await deliveries(id, '?status=failed')).data.length === 3, {
      what: 'three failures',
      timeoutMs: 20_000,
    });
    const first = await deliveries(id, '?limit=2');
    const rest = await deliveries(id, `?limit=2&cursor=${first.nextCursor}`);
    const ids = [...first.data, ...rest.data].map((one: { id: string }) => one.id);
    expect(ids).toEqual(sent.toSorted().toReversed());
    expect(rest.nextCursor).toBeNull();
    expect(first.data[0]).toMatchObject({ type: 'webhook.test', attempts: 1, lastStatus: 500, lastFault: null });
    expect((await deliveries(id, '?type=key.created')).data).toEqual([]);
    await db
      .updateTable('webhook_delivery')
      .set({ status: 'dead', next_attempt_at: null })
      .where('webhook_id', '=', id)
      .execute();
    receiver.answer = (response) => response.writeHead(200).end();
    const one = await ask('POST', `/${id}/deliveries/${sent[0]}/replay`);
    expect(one).toMatchObject({ status: 202, body: { id: sent[0], status: 'pending' } });
    expect(await ask('POST', `/${id}/deliveries/replay`)).toMatchObject({ status: 202, body: { requested: 2 } });
    await waitUntil(async () => (await deliveries(id, '?status=delivered')).data.length === 3, {
      what: 'three deliveries',
      timeoutMs: 20_000,
    });
  });

  it('get a new secret, and are signed with both until the old one ends', async () => {
    const { id, secret: old } = await made();
    const { status, body } = await ask('POST', `/${id}/rotate`, { body: {} });
    expect(status).toBe(200);
    await ask('POST', `/${id}/test`);
    await arrived(1);
    const [{ body: text, headers } = { body: '', headers: {} }] = receiver.received;
    for (const secret of [old, body.secret])
      expect(new Verifier(secret).verify(text, headers as Record<string, string>)).toMatchObject({
        type: 'webhook.test',
      });
    expect((await ask('POST', `/${id}/rotate`, { body: {} })).status).toBe(200);
    expect(await ask('POST', `/${id}/rotate`, { body: {} })).toMatchObject({
      status: 409,
      body: { error: 'CONFLICT' },
    });
    expect((await ask('POST', `/${id}/rotate`, { body: { overlapSeconds: 0 } })).status).toBe(200);
  });

  describe('are refused', () => {
    it.each([
      [{ url: 'http://example.com/' }, '/url'],
      [{ url: 'https://10.0.0.1/' }, '/url'],
      [{ url: 'https://[::1]/' }, '/url'],
      [{ url: 'https://169.254.169.254/latest' }, '/url'],
      [{ url: 'https://me:secret@example.com/' }, '/url'],
      [{ url: 'nowhere' }, '/url'],
      [{ events: [] }, '/events'],
      [{ events: ['key.lost'] }, '/events/0'],
      [{ events: ['*', '*'] }, '/events'],
      [{ description: '\0' }, '/description'],
      [{ secret: 'whsec_' }, '/secret'],
    ])('with %j', async (fields, path) => {
      const body = { url: 'https://example.com/', events: ['*'], ...fields };
      expect(await ask('POST', '', { body })).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    });

    it('beyond ten in an environment, however many ask at once', async () => {
      const body = { url: receiver.url, events: ['*'] };
      const answers = await Promise.all(Array.from({ length: 12 }, () => ask('POST', '', { body })));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(2);
    });

    it.each(['?page=0', '?limit=101', '?enabled=maybe', '?colour=red'])('a list by %s', async (query) => {
      expect(await ask('GET', query)).toMatchObject({ status: 400, body: { error: 'INVALID_INPUT' } });
    });

    it.each(['?status=lost', '?type=lost', '?limit=0', '?cursor=x'])('deliveries by %s', async (query) => {
      const { id } = await made();
      expect(await ask('GET', `/${id}/deliveries${query}`)).toMatchObject({ status: 400 });
    });

    /** Every call about this webhook. */
    const calls = [
      'GET ',
      'PUT ',
      'DELETE ',
      'POST /rotate',
      'POST /test',
      'GET /deliveries',
      'POST /deliveries/replay',
    ];
    const askAll = async (id: string, options: Asked) => {
      const answers: Answer[] = [];
      for (const one of calls) {
        const [method = '', path = ''] = one.split(' ');
        const body = method === 'PUT' || path === '/rotate' ? {} : undefined;
        answers.push(await ask(method, `/${id}${path}`, { ...options, body }));
      }
      answers.push(await ask('POST', `/${id}/deliveries/${newId()}/replay`, options));
      return answers;
    };

    it('to all but admins and owners', async () => {
      const { id } = await made();
      const member = (role: 'admin' | 'developer' | 'viewer') => newMember(db, platform, { organizationId, role });
      for (const caller of [environment, await member('developer'), await member('viewer')]) {
        const answers = [...(await askAll(id, { caller })), await ask('GET', '', { caller })];
        expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 403));
      }
      expect((await ask('GET', `/${id}`, { caller: await member('admin') })).status).toBe(200);
      const stranger = await newOwner(db, platform);
      expect((await ask('GET', `/${id}`, { caller: stranger })).status).toBe(404);
      await db.deleteFrom('member').where('organization_id', '!=', organizationId).execute();
      await db.deleteFrom('organization').where('id', '!=', organizationId).execute();
    });

    it('of another environment as unknown ones are', async () => {
      const { id } = await made();
      const { projectEnv } = await platform.newEnvironment();
      const plain = (answers: Answer[]) => answers.map(({ status, body }) => ({ status, ...body, requestId: '' }));
      const foreign = plain(await askAll(id, { projectEnv }));
      expect(foreign).toEqual(plain(await askAll(newId(), { projectEnv })));
      expect(foreign.map(({ status }) => status)).toEqual(foreign.map(() => 404));
      expect((await ask('GET', `/${id}`)).status).toBe(200);
    });
  });
});
