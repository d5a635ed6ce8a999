import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newMember } from '@keyward/tests/platform/new-person';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey } from '@keyward/tests/platform/sign-key';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

describeStacks('signing secrets', (stack) => {
  const own = new AsyncDisposableStack();
  let db: Database;
  let platform: TestPlatform;
  let nodes: string[];
  let environment: TestEnvironment;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls));
    db = own.use(await openDatabase(urls.postgres)).db;
    nodes = [platform.url, await platform.addNode()];
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => own.disposeAsync());

  const ask = (method: string, path = '', body?: object, { caller = platform.owner, headers = {} } = {}) =>
    call(
      caller,
      method,
      `/signing-secret${path}${path.includes('?') ? '&' : '?'}project_env=${environment.projectEnv}`,
      {
        body,
        headers,
      },
    );
  const codes = (key: string) =>
    Promise.all(
      nodes.map(async (url) => (await validatePlain({ ...environment, url }, { key })).body.code ?? 'ALLOWED'),
    );
  const locally = (secret: string, tid = uniqueName('t')) => signKey(secret, { tid });
  const firstId = async () => (await ask('GET')).body.data[0].id as string;
  const [allowed, invalid, revoked] = ['ALLOWED', 'INVALID_KEY', 'REVOKED'].map((code) => [code, code]);

  it('are added beside the first, on every node at once, and are shown once', async () => {
    const own = 'an app’s own secret';
    const made = await ask('POST', '', { name: 'added' });
    expect(made).toMatchObject({ status: 201, body: { name: 'added', first: false } });
    const brought = await ask('POST', '', { name: 'brought', secret: own });
    expect(brought).toMatchObject({ status: 201, body: { secret: own } });
    for (const secret of [environment.signingSecret, made.body.secret, own])
      expect(await codes(locally(secret))).toEqual(allowed);
    const listed = (await ask('GET')).body;
    expect(listed.data.map(({ name, first }: { name: string; first: boolean }) => [name, first])).toEqual([
      ['first', true],
      ['brought', false],
      ['added', false],
    ]);
    const one = await ask('GET', `/${made.body.id}`);
    for (const secret of [made.body.secret, own, environment.signingSecret])
      expect(JSON.stringify([listed, one.body])).not.toContain(secret);
    const twice = await ask('POST', '', { name: 'twice', secret: own });
    expect(twice).toMatchObject({ status: 409, body: { error: 'ALREADY_EXISTS', existingId: brought.body.id } });
  });

  it('rotate: new keys are signed with the first, and those of the old one stay good', async () => {
    const before = await newClient(environment);
    const { id, secret } = (await ask('POST', '', { name: 'next', first: true })).body;
    const after = await newClient(environment);
    const old = await firstIdBut(id);
    expect(await codes(before.key)).toEqual(allowed);
    expect(await codes(after.key)).toEqual(allowed);
    const unregistered = locally(environment.signingSecret);
    expect(await codes(unregistered)).toEqual(allowed);
    expect((await ask('DELETE', `/${old}`)).body).toEqual({ success: true, revokedKeys: 0 });
    expect(await codes(before.key)).toEqual(allowed);
    expect(await codes(unregistered)).toEqual(invalid);
    expect(await codes(locally(secret))).toEqual(allowed);
  });
  async function firstIdBut(id: string): Promise<string> {
    const [first, ...others] = (await ask('GET')).body.data;
    expect(first.id).toBe(id);
    return others[0].id;
  }

  it('take their registered keys with them if that is asked for, those that registered themselves, too', async () => {
    const issued = await newClient(environment);
    const tid = uniqueName('self');
    const self = locally(environment.signingSecret, tid);
    const { clientId } = (await validatePlain(environment, { key: self })).body;
    const isRegistered = async () => (await call(environment, 'GET', `/client/${clientId}`)).status === 200;
    await waitUntil(isRegistered, { what: 'the key to register itself', timeoutMs: 20_000 });
    const old = await firstId();
    const { secret } = (await ask('POST', '', { name: 'next', first: true })).body;
    const other = await newClient(environment);
    expect(await codes(issued.key)).toEqual(allowed);
    expect((await ask('DELETE', `/${old}?revokeKeys=true`)).body).toEqual({ success: true, revokedKeys: 2 });
    expect(await codes(issued.key)).toEqual(revoked);
    expect(await codes(self)).toEqual(revoked);
    expect(await codes(other.key)).toEqual(allowed);
    expect(await codes(locally(secret, tid))).toEqual(allowed);
  });

  it('never leave an environment without one that signs', async () => {
    const first = await firstId();
    expect(await ask('DELETE', `/${first}`)).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    const { id } = (await ask('POST', '', { name: 'b' })).body;
    expect((await ask('DELETE', `/${first}`)).status).toBe(409);
    expect((await ask('PUT', `/${id}`, { first: true, name: 'c' })).body).toMatchObject({ name: 'c', first: true });
    expect((await ask('PUT', `/${first}`, { first: false })).status).toBe(400);
    expect((await ask('DELETE', `/${first}`)).status).toBe(200);
    const { key } = await newClient(environment);
    expect(await codes(key)).toEqual(allowed);
  });

  it('are ten at most, long enough, and changed by nobody who has seen an older one', async () => {
    expect((await ask('POST', '', { name: 'short', secret: 'x'.repeat(15) })).body.errors).toMatchObject([
      { path: '/secret' },
    ]);
    const id = await firstId();
    const ifMatch = { 'if-match': (await ask('GET', `/${id}`)).headers.get('etag') ?? '' };
    expect((await ask('PUT', `/${id}`, { name: 'seen' }, { headers: ifMatch })).status).toBe(200);
    expect((await ask('PUT', `/${id}`, { name: 'late' }, { headers: ifMatch })).status).toBe(412);
    for (let i = 1; i < 10; i += 1) expect((await ask('POST', '', { name: `${i}` })).status).toBe(201);
    expect(await ask('POST', '', { name: 'over' })).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    expect((await ask('GET', '?limit=4&page=3')).body).toMatchObject({ data: [{}, {}], pagination: { total: 10 } });
  });

  it('are for admins alone, and unknown in other environments', async () => {
    const { body } = await call(platform.owner, 'GET', `/project/${environment.projectEnv}`);
    const developer = await newMember(db, platform, { organizationId: body.team.id, role: 'developer' });
    for (const caller of [developer, environment]) {
      expect((await ask('GET', '', undefined, { caller })).status).toBe(403);
      expect((await ask('POST', '', { name: 'mine' }, { caller })).status).toBe(403);
    }
    const { id } = (await ask('POST', '', { name: 'theirs' })).body;
    environment = await platform.newEnvironment();
    for (const [method, change] of [['GET'], ['PUT', { name: 'mine' }], ['DELETE']] as const) {
      const [foreign, unknown] = [await ask(method, `/${id}`, change), await ask(method, `/${newId()}`, change)];
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
    }
  });
});
