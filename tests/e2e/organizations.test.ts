import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { newMember, newOwner } from '@keyward/tests/platform/new-person';
import { createEnvironment } from '@keyward/tests/platform/prepare-installation';
import { newClient, runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type Caller, call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

describeStacks('organizations', (stack) => {
  const own = new AsyncDisposableStack();
  let db: Database;
  let platform: TestPlatform;
  let person: Caller;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls));
    db = own.use(await openDatabase(urls.postgres)).db;
  });
  beforeEach(async () => {
    person = await newOwner(db, platform);
  });
  afterAll(() => own.disposeAsync());

  const create = (name: string, query = '', caller = person) =>
    call(caller, 'POST', `/organization${query}`, { body: { name } });
  const at = (caller: Caller, id: string): Caller => ({
    ...caller,
    headers: { ...caller.headers, 'x-keyward-organization': id },
  });

  it('belong to whoever creates them, who finds them by name, and nobody else does', async () => {
    const name = uniqueName('Acme');
    const { status, body } = await create(name);
    expect(status).toBe(201);
    expect(body).toMatchObject({ name, role: 'owner' });
    const list = async (query: string) => (await call(person, 'GET', `/organization?${query}`)).body;
    expect((await list(`name=${name.toUpperCase()}`)).data).toEqual([body]);
    expect((await list('limit=1')).pagination).toEqual({ total: 2, page: 1, limit: 1, pages: 2 });
    expect((await call(person, 'GET', `/organization/${body.id}`)).body).toEqual(body);
    const stranger = await newOwner(db, platform);
    for (const method of ['GET', 'PUT', 'DELETE'] as const) {
      const asked = (id: string) =>
        call(stranger, method, `/organization/${id}`, method === 'PUT' ? { body: { name: 'mine' } } : {});
      const [foreign, unknown] = [await asked(body.id), await asked(newId())];
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
    }
    expect((await call(person, 'GET', `/organization/${body.id}`)).body).toEqual(body);
  });

  it('have names of their own among one person’s; ifExists=return answers what is there', async () => {
    const name = uniqueName('Twice');
    const first = await create(name);
    const again = await create(name);
    expect(again).toMatchObject({ status: 409, body: { error: 'ALREADY_EXISTS', existingId: first.body.id } });
    expect(await create(name, '?ifExists=return')).toMatchObject({ status: 200, body: first.body });
    expect((await create(name, '?ifExists=maybe')).status).toBe(400);
    const other = await newOwner(db, platform);
    expect((await create(name, '', other)).status).toBe(201);
    const renamed = await call(person, 'PUT', `/organization/${(await create(uniqueName('Third'))).body.id}`, {
      body: { name },
    });
    expect(renamed).toMatchObject({ status: 409, body: { existingId: first.body.id } });
  });

  it('of one name are created once, however many ask at a time', async () => {
    const name = uniqueName('Raced');
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(name, '?ifExists=return')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  it('are renamed by admins, and by nobody who has seen an older one', async () => {
    const { id } = (await create(uniqueName('Before'))).body;
    const read = await call(person, 'GET', `/organization/${id}`);
    const ifMatch = { 'if-match': read.headers.get('etag') ?? '' };
    const rename = (name: string, caller = person) =>
      call(caller, 'PUT', `/organization/${id}`, { body: { name }, headers: ifMatch });
    expect(await rename('After')).toMatchObject({ status: 200, body: { id, name: 'After' } });
    expect((await rename('Late')).status).toBe(412);
    const developer = await newMember(db, platform, { organizationId: id, role: 'developer' });
    expect((await rename('Mine', developer)).status).toBe(403);
    expect((await call(person, 'GET', `/organization/${id}`)).body.name).toBe('After');
  });

  it('are deleted by owners, not while clients are active but by force; every key stops at once, the audit stays', async () => {
    const { id } = (await create(uniqueName('Gone'))).body;
    const owner = at(person, id);
    const environment = await createEnvironment(owner);
    const node = { ...environment, url: await platform.addNode() };
    const { key } = await newClient(environment);
    const product = await call(owner, 'POST', '/product', { body: { name: 'p' } });
    const forProduct = { name: 'k', reach: 'organization', productId: product.body.id };
    const path = `/key?project_env=${environment.projectEnv}`;
    expect((await call(owner, 'POST', path, { body: forProduct })).status).toBe(201);
    expect((await validatePlain(environment, { key })).body.success).toBe(true);
    expect((await validatePlain(node, { key })).body.success).toBe(true);

    const admin = await newMember(db, platform, { organizationId: id, role: 'admin' });
    expect((await call(admin, 'DELETE', `/organization/${id}?forceDelete=true`)).status).toBe(403);
    const refused = await call(person, 'DELETE', `/organization/${id}`);
    expect(refused).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    expect((await validatePlain(environment, { key })).body.success).toBe(true);

    const deleted = await call(person, 'DELETE', `/organization/${id}?forceDelete=true`);
    expect(deleted).toMatchObject({ status: 200, body: { success: true } });
    expect((await validatePlain(environment, { key })).status).toBe(401);
    expect((await validatePlain(node, { key })).status).toBe(401);
    expect((await call(environment, 'GET', '/client')).status).toBe(401);
    expect((await call(person, 'GET', `/organization/${id}`)).status).toBe(404);
    expect((await call(owner, 'GET', `/product/${product.body.id}`)).status).toBe(404);
    const records = db.selectFrom('audit_event').select(['action', 'outcome']).where('organization_id', '=', id);
    expect(await records.execute()).toEqual(
      expect.arrayContaining([
        { action: 'call.denied', outcome: 'denied' },
        { action: 'organization.delete', outcome: 'done' },
      ]),
    );
  });
});
