import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newMember, newOwner } from '@keyward/tests/platform/new-person';
import { newClient, runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey } from '@keyward/tests/platform/sign-key';
import { type Caller, call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describeStacks('changing and deleting projects', (stack) => {
  const own = new AsyncDisposableStack();
  let db: Database;
  let platform: TestPlatform;
  let nodes: string[];

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls));
    db = own.use(await openDatabase(urls.postgres)).db;
    nodes = [platform.url, await platform.addNode()];
  });
  afterAll(() => own.disposeAsync());

  const slugOf = (name: string) => uniqueName(name).replaceAll(/[^a-z0-9]/g, '');
  const put = (name: string, body: object, headers = {}) =>
    call(platform.owner, 'PUT', `/project/${name}`, { body, headers });
  const remove = (name: string, query = '', headers = {}) =>
    call(platform.owner, 'DELETE', `/project/${name}${query}`, { headers });
  const get = (name: string) => call(platform.owner, 'GET', `/project/${name}`);

  async function newProject(envs: object[] = [{ type: 'production' }, { type: 'staging' }]) {
    const slug = slugOf('p');
    const { body } = await call(platform.owner, 'POST', '/project', { body: { slug, name: slug, envs } });
    const callers = body.envs.list.map(({ serverKey }: { serverKey: string }) => ({
      url: platform.url,
      headers: { 'x-api-key': serverKey },
    }));
    return { slug, id: body.id as string, envs: body.envs.list, callers: callers as [Caller, Caller] };
  }
  /** What every node says to a request with this key. */
  const outcomes = (caller: Caller, key: string) =>
    Promise.all(
      nodes.map(async (url) => {
        const { status, body } = await validatePlain({ ...caller, url }, { key });
        return status === 200 ? (body.success ? 'ALLOWED' : body.code) : status;
      }),
    );

  describe('a change', () => {
    it('names what differs; what is not named stays', async () => {
      const { slug } = await newProject();
      const changed = await put(slug, {
        name: 'renamed',
        metadata: { a: 1 },
        envs: [
          { type: 'staging', url: 'https://staging.example.com' },
          { type: 'test', metadata: { b: 2 } },
        ],
      });
      expect(changed).toMatchObject({ status: 200, body: { slug, name: 'renamed', metadata: { a: 1 } } });
      const [production, staging, added] = changed.body.envs.list;
      expect(production).toMatchObject({ type: 'production', url: null, status: 'active' });
      expect(production).not.toHaveProperty('serverKey');
      expect(staging).toMatchObject({ type: 'staging', url: 'https://staging.example.com' });
      expect(added).toMatchObject({ project_env: `${slug}-test`, metadata: { b: 2 } });
      const caller = { url: platform.url, headers: { 'x-api-key': added.serverKey } };
      const { key } = await newClient(caller);
      expect(await outcomes(caller, key)).toEqual(['ALLOWED', 'ALLOWED']);
    });

    it('disables an environment on the very next request of every node, and enables it again', async () => {
      const { slug, callers } = await newProject();
      const { key } = await newClient(callers[0]);
      expect(await outcomes(callers[0], key)).toEqual(['ALLOWED', 'ALLOWED']);
      await put(`${slug}-production`, { singleEnv: { status: 'disabled' } });
      expect(await outcomes(callers[0], key)).toEqual(['ENVIRONMENT_DISABLED', 'ENVIRONMENT_DISABLED']);
      await put(slug, { envs: [{ type: 'production', status: 'active' }] });
      expect(await outcomes(callers[0], key)).toEqual(['ALLOWED', 'ALLOWED']);
    });

    it('deletes environments, by force where clients are active, all or nothing', async () => {
      const { slug, callers } = await newProject();
      const { key } = await newClient(callers[0]);
      const both = {
        name: 'both',
        envs: [
          { type: 'staging', delete: true },
          { type: 'production', delete: true },
        ],
      };
      expect(await put(slug, both)).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
      expect((await get(slug)).body).toMatchObject({ name: slug, envs: { count: 2 } });
      const forced = await put(slug, { envs: [{ type: 'production', delete: true, forceDelete: true }] });
      expect(forced.body.envs.list.map(({ type }: { type: string }) => type)).toEqual(['staging']);
      expect(await outcomes(callers[0], key)).toEqual([401, 401]);
      const again = await put(slug, { envs: [{ type: 'production' }] });
      const [, anew] = again.body.envs.list;
      expect(anew).toMatchObject({ project_env: `${slug}-production`, clients: { count: 0 } });
      const caller = { url: platform.url, headers: { 'x-api-key': anew.serverKey } };
      expect(await outcomes(caller, key)).toEqual(['INVALID_KEY', 'INVALID_KEY']);
    });

    it('is refused with every fault, and for whoever has seen an older one', async () => {
      const { slug } = await newProject();
      const bad = await put(slug, {
        singleEnv: { url: 'https://x.example.com' },
        envs: [
          { type: 'gone', delete: true },
          { type: 'staging', templates: [{ name: 't' }], forceDelete: true },
          { type: 'new', metadata: { big: 'x'.repeat(5_000) } },
        ],
      });
      expect(bad.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual([
        ...['/envs/0/type', '/envs/1/forceDelete', '/envs/1/templates', '/envs/2/metadata', '/singleEnv'],
      ]);
      expect((await put(slug, { slug: 'other' })).status).toBe(400);
      const ifMatch = { 'if-match': (await get(slug)).headers.get('etag') ?? '' };
      const { callers } = await newProject();
      await newClient(callers[0]);
      expect((await put(slug, { name: 'first' }, ifMatch)).status).toBe(200);
      expect((await put(slug, { name: 'second' }, ifMatch)).status).toBe(412);
      expect((await remove(slug, '', ifMatch)).status).toBe(412);
    });

    it('is not outdated by clients that come, nor by calls', async () => {
      const { slug, callers } = await newProject();
      const ifMatch = { 'if-match': (await get(slug)).headers.get('etag') ?? '' };
      await newClient(callers[0]);
      expect((await put(slug, { name: 'seen' }, ifMatch)).status).toBe(200);
    });
  });

  describe('a deletion', () => {
    it('takes what the URL names and nothing wider: a project_env its environment, a slug the project', async () => {
      const { slug, callers } = await newProject();
      const [first, second] = [await newClient(callers[0]), await newClient(callers[1])];
      expect(await remove(`${slug}-staging`)).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
      const env = await remove(`${slug}-staging`, '?forceDelete=true');
      expect(env.body).toEqual({ success: true, deleted: 'env', slug: `${slug}-staging`, forced: true });
      expect(await outcomes(callers[1], second.key)).toEqual([401, 401]);
      expect(await outcomes(callers[0], first.key)).toEqual(['ALLOWED', 'ALLOWED']);
      await call(callers[0], 'DELETE', `/client/${first.id}`);
      const project = await remove(slug);
      expect(project.body).toEqual({ success: true, deleted: 'project', slug, forced: false });
      expect(await outcomes(callers[0], first.key)).toEqual([401, 401]);
      for (const name of [slug, `${slug}-production`]) expect((await get(name)).status).toBe(404);
      const reused = { slug, name: 'again', envs: [{ type: 'production' }] };
      expect((await call(platform.owner, 'POST', '/project', { body: reused })).status).toBe(201);
    });

    it('takes the environment or the template that its parameters name', async () => {
      const { slug, envs } = await newProject([{ type: 'production', templates: [{ name: 'free' }] }, { type: 'b' }]);
      const [{ id: envId, templates }] = envs;
      const [{ id: templateId }] = templates.list;
      const template = await remove(slug, `?kind=template&templateId=${templateId}`);
      expect(template.body).toEqual({ success: true, deleted: 'template', slug: 'free', forced: false });
      expect((await remove(slug, `?templateId=${templateId}`)).status).toBe(404);
      const env = await remove(slug, `?envId=${envId}`);
      expect(env.body).toEqual({ success: true, deleted: 'env', slug: `${slug}-production`, forced: false });
      const byEnv = await remove(`${slug}-b`, '?kind=project');
      expect(byEnv.body).toEqual({ success: true, deleted: 'project', slug, forced: false });
    });

    it('refuses parameters that contradict each other, and deletes nothing', async () => {
      const { slug, envs } = await newProject();
      for (const [query, path] of [
        ['?kind=env', '/envId'],
        ['?kind=template', '/templateId'],
        [`?kind=project&envId=${envs[0].id}`, '/envId'],
        [`?kind=env&envId=${envs[0].id}&templateId=${envs[0].id}`, '/templateId'],
        ['?kind=all', '/kind'],
      ] as const)
        expect(await remove(slug, query)).toMatchObject({ status: 400, body: { errors: [{ path }] } });
      expect((await remove(slug, `?envId=${newId()}`)).status).toBe(404);
      expect((await get(slug)).body.envs.count).toBe(2);
    });

    it('erases clients and logs afterwards; what was counted stays', async () => {
      const { slug, envs, callers } = await newProject();
      const [{ id: envId }] = envs;
      const { id, key } = await newClient(callers[0]);
      await validatePlain(callers[0], { key });
      const calls = async () => (await call(callers[0], 'GET', `/client/${id}`)).body.stats.success;
      await waitUntil(async () => (await calls()) === 1, { what: 'the count', timeoutMs: 20_000 });
      await remove(slug, '?forceDelete=true');
      const of = (table: 'client' | 'usage_hour' | 'signing_secret' | 'template') =>
        db.selectFrom(table).select('environment_id').where('environment_id', '=', envId).execute();
      await waitUntil(async () => (await of('client')).length === 0, { what: 'its client to go', timeoutMs: 20_000 });
      expect(await of('signing_secret')).toEqual([]);
      expect(await of('usage_hour')).toHaveLength(1);
      const log = db.selectFrom('request_log').select(['ip', 'user_agent']).where('client_id', '=', id);
      const isForgotten = async () =>
        (await log.execute()).every(({ ip, user_agent }) => ip === null && user_agent === null);
      await waitUntil(isForgotten, { what: 'the logs to forget it', timeoutMs: 20_000 });
    });

    it('stops keys that nobody registered, too', async () => {
      const { slug, callers, envs } = await newProject();
      const key = signKey(envs[0].signingSecret, { tid: uniqueName('tenant') });
      expect(await outcomes(callers[0], key)).toEqual(['ALLOWED', 'ALLOWED']);
      await remove(slug, '?forceDelete=true');
      expect(await outcomes(callers[0], key)).toEqual([401, 401]);
    });
  });

  it('are answered like unknown names to strangers, and are not for developers and applications', async () => {
    const { slug, callers } = await newProject();
    const stranger = await newOwner(db, platform);
    const organizationId = (await get(slug)).body.team.id;
    const developer = await newMember(db, platform, { organizationId, role: 'developer' });
    const { body } = await get(slug);
    for (const method of ['PUT', 'DELETE'] as const) {
      const asked = (caller: Caller, name: string) =>
        call(caller, method, `/project/${name}`, method === 'PUT' ? { body: { name: 'x' } } : {});
      const [foreign, unknown] = [await asked(stranger, slug), await asked(stranger, 'no-such')];
      expect(foreign.status).toBe(404);
      expect({ ...foreign.body, requestId: '' }).toEqual({ ...unknown.body, requestId: '' });
      for (const caller of [developer, callers[0]]) expect((await asked(caller, slug)).status).toBe(403);
    }
    expect((await get(slug)).body).toEqual(body);
  });

  it('are listed by name and slug, and made once with ifExists=return', async () => {
    const { slug, id } = await newProject();
    const list = async (query: string) => (await call(platform.owner, 'GET', `/project?${query}`)).body;
    expect((await list(`slug=${slug}`)).data).toMatchObject([{ id }]);
    expect((await list(`name=${slug.slice(1).toUpperCase()}`)).pagination.total).toBe(1);
    const create = (envs: object[]) =>
      call(platform.owner, 'POST', '/project?ifExists=return', { body: { slug, name: 'x', envs } });
    const again = await create([{ type: 'production' }]);
    expect(again).toMatchObject({ status: 200, body: { id, name: slug } });
    expect(JSON.stringify(again.body)).not.toContain('"serverKey"');
  });
});
