import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { newMember, newOwner } from '@keyward/tests/platform/new-person';
import { runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

describeStacks('products', (stack) => {
  const own = new AsyncDisposableStack();
  let db: Database;
  let platform: TestPlatform;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls));
    db = own.use(await openDatabase(urls.postgres)).db;
  });
  afterAll(() => own.disposeAsync());

  const as = (caller = platform.owner) => ({
    create: (body: object, query = '') => call(caller, 'POST', `/product${query}`, { body }),
    get: (path = '') => call(caller, 'GET', `/product${path}`),
    put: (id: string, body: object, headers = {}) => call(caller, 'PUT', `/product/${id}`, { body, headers }),
    post: (path: string) => call(caller, 'POST', `/product${path}`),
    remove: (path: string, headers = {}) => call(caller, 'DELETE', `/product${path}`, { headers }),
  });
  async function newProject(): Promise<{ id: string; slug: string }> {
    const { projectEnv } = await platform.newEnvironment();
    const { body } = await call(platform.owner, 'GET', `/project/${projectEnv}`);
    return { id: body.id, slug: body.slug };
  }
  const names = (answer: { body: { data: { name: string }[] } }) => answer.body.data.map(({ name }) => name);

  it('are created once by name; ifExists=return answers what is there', async () => {
    const name = uniqueName('My API');
    const first = await as().create({ name, description: 'one', metadata: { a: 1 } });
    expect(first).toMatchObject({ status: 201, body: { name, description: 'one', metadata: { a: 1 }, projects: [] } });
    expect(await as().create({ name })).toMatchObject({
      status: 409,
      body: { error: 'ALREADY_EXISTS', existingId: first.body.id },
    });
    expect(await as().create({ name }, '?ifExists=return')).toMatchObject({ status: 200, body: first.body });
    const raced = uniqueName('raced');
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => as().create({ name: raced }, '?ifExists=return')),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
    expect((await as(await newOwner(db, platform)).create({ name })).status).toBe(201);
  });

  it('can be in several projects, and are listed by project and name', async () => {
    const [a, b] = [await newProject(), await newProject()];
    const { id, name } = (await as().create({ name: uniqueName('Shared'), projects: [a.slug] })).body;
    const inBoth = await as().post(`/${id}/project/${b.id}`);
    const bySlug = [a, b].sort((x, y) => (x.slug < y.slug ? -1 : 1));
    expect(inBoth).toMatchObject({ status: 200, body: { id, projects: bySlug } });
    expect((await as().post(`/${id}/project/${b.slug}`)).body).toEqual(inBoth.body);
    expect(names(await as().get(`?project=${b.slug}`))).toEqual([name]);
    expect(names(await as().get(`?name=${name.slice(2).toUpperCase()}`))).toEqual([name]);
    expect((await as().remove(`/${id}/project/${a.id}`)).body.projects).toEqual([b]);
    expect(names(await as().get(`?project=${a.id}`))).toEqual([]);
    expect((await as().put(id, { projects: [a.id] })).body.projects).toEqual([a]);
    await call(platform.owner, 'DELETE', `/project/${a.slug}`);
    expect((await as().get(`/${id}`)).body.projects).toEqual([]);
  });

  it('change in part, and not for whoever has seen an older one', async () => {
    const { id } = (await as().create({ name: uniqueName('Old'), description: 'kept' })).body;
    const name = uniqueName('New');
    const ifMatch = { 'if-match': (await as().get(`/${id}`)).headers.get('etag') ?? '' };
    expect(await as().put(id, { name }, ifMatch)).toMatchObject({ status: 200, body: { name, description: 'kept' } });
    expect((await as().put(id, { name: 'late' }, ifMatch)).status).toBe(412);
    expect((await as().remove(`/${id}`, ifMatch)).status).toBe(412);
    const other = (await as().create({ name: uniqueName('Other') })).body;
    expect(await as().put(other.id, { name })).toMatchObject({ status: 409, body: { existingId: id } });
    expect((await as().remove(`/${id}`)).body).toEqual({ success: true });
    expect((await as().get(`/${id}`)).status).toBe(404);
    expect((await as().remove(`/${id}`)).status).toBe(404);
  });

  it('stay while there are keys for them, which are set loose by nobody; what is revoked keeps none', async () => {
    const { id } = (await as().create({ name: uniqueName('Sold') })).body;
    const { projectEnv } = await platform.newEnvironment();
    const key = (method: string, path: string, body?: object) =>
      call(platform.owner, method, `/key${path}?project_env=${projectEnv}`, { body });
    const made = [];
    for (const name of ['a', 'b', 'c'])
      made.push((await key('POST', '', { name, productId: id, reach: 'organization' })).body.id);
    await key('POST', `/${made[0]}/revoke`);
    await key('DELETE', `/${made[1]}`);
    expect(await as().remove(`/${id}`)).toMatchObject({
      status: 409,
      body: { error: 'CONFLICT', message: expect.stringContaining('keys (1)') },
    });
    expect((await key('GET', `/${made[2]}`)).body.productId).toBe(id);
    await key('PATCH', `/${made[2]}`, { enabled: false });
    expect((await as().remove(`/${id}`)).status).toBe(409);
    await key('PATCH', `/${made[2]}`, { productId: null });
    expect((await as().remove(`/${id}`)).body).toEqual({ success: true });
    expect((await key('GET', `/${made[0]}`)).body).toMatchObject({ status: 'revoked', productId: null });
  });

  it('that are deleted while keys are made for them go or stay, and nothing breaks', async () => {
    const { projectEnv } = await platform.newEnvironment();
    for (let round = 0; round < 5; round += 1) {
      const { id: productId } = (await as().create({ name: uniqueName('Raced') })).body;
      const body = { name: 'k', productId, reach: 'organization' };
      const [removed, ...keys] = await Promise.all([
        as().remove(`/${productId}`),
        ...Array.from({ length: 4 }, () => call(platform.owner, 'POST', `/key?project_env=${projectEnv}`, { body })),
      ]);
      const statuses = keys.map(({ status }) => status);
      for (const status of statuses) expect([201, 400]).toContain(status);
      expect(removed.status).toBe(statuses.includes(201) ? 409 : 200);
    }
  });

  it('tell every fault of an input at once', async () => {
    const bad = await as().create({ name: 'a', metadata: { big: 'x'.repeat(5_000) }, projects: ['no-such'] });
    expect(bad.body.errors.map(({ path }: { path: string }) => path)).toEqual(['/metadata', '/projects/0']);
    expect((await as().create({ name: '', colour: 'red' })).body.errors).toHaveLength(2);
    expect((await as().get('?limit=0')).status).toBe(400);
    expect((await as().get('?project=no-such')).status).toBe(404);
  });

  it('are unknown in other organizations, read-only for viewers, and nothing for server keys', async () => {
    const { slug } = await newProject();
    const { id } = (await as().create({ name: uniqueName('Mine') })).body;
    const stranger = as(await newOwner(db, platform));
    const calls = (who: typeof stranger, of: string) => [
      who.get(`/${of}`),
      who.put(of, { name: 'x' }),
      who.remove(`/${of}`),
      who.post(`/${of}/project/${slug}`),
      who.remove(`/${of}/project/${slug}`),
    ];
    const plain = (answers: { status: number; body: object }[]) =>
      answers.map(({ status, body }) => ({ status, body: { ...body, requestId: '' } }));
    const foreign = plain(await Promise.all(calls(stranger, id)));
    expect(foreign).toEqual(plain(await Promise.all(calls(stranger, newId()))));
    for (const { status } of foreign) expect(status).toBe(404);

    const { body } = await call(platform.owner, 'GET', `/project/${slug}`);
    const viewer = as(await newMember(db, platform, { organizationId: body.team.id, role: 'viewer' }));
    expect((await Promise.all(calls(viewer, id))).map(({ status }) => status)).toEqual([200, 403, 403, 403, 403]);
    const application = as(await platform.newEnvironment());
    for (const { status } of await Promise.all(calls(application, id))) expect(status).toBe(403);
    expect((await as().get(`/${id}`)).body.projects).toEqual([]);
  });
});
