import { createHash } from 'node:crypto';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newOwner } from '@keyward/tests/platform/new-person';
import { runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type Caller, call, validatePlain } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

interface Environment extends Caller {
  projectEnv: string;
}

describeStacks('keys that are known beyond one environment', (stack) => {
  const running = new AsyncDisposableStack();
  let platform: TestPlatform;
  let db: Database;
  let stranger: Caller;
  let live: Environment;
  let test: Environment;
  let elsewhere: Environment;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = running.use(await runPlatform(urls));
    db = running.use(await openDatabase(urls.postgres)).db;
    stranger = await newOwner(db, platform);
  });
  const newProject = async (owner: Caller, types: readonly string[]): Promise<Environment[]> => {
    const slug = uniqueName('wide').replaceAll(/[^a-z0-9]/g, '');
    const body = { slug, name: slug, envs: types.map((type) => ({ type })) };
    const made = await call(owner, 'POST', '/project', { body });
    expect(made.status).toBe(201);
    return made.body.envs.list.map(({ project_env, serverKey }: { project_env: string; serverKey: string }) => ({
      url: platform.url,
      headers: { 'x-api-key': serverKey },
      projectEnv: project_env,
    }));
  };
  beforeEach(async () => {
    [live, test] = (await newProject(platform.owner, ['production', 'test'])) as [Environment, Environment];
    [elsewhere] = (await newProject(platform.owner, ['production'])) as [Environment];
  });
  afterAll(() => running.disposeAsync());

  const asOwner = (method: string, path: string, { body, at = live }: { body?: unknown; at?: Environment } = {}) =>
    call(platform.owner, method, `${path}${path.includes('?') ? '&' : '?'}project_env=${at.projectEnv}`, { body });
  const create = async (input: Record<string, unknown>) => {
    const { status, body } = await asOwner('POST', '/key', { body: { name: 'wide', ...input } });
    expect({ status, body }).toMatchObject({ status: 201 });
    return body;
  };
  const codeOf = async (key: string, at: Environment) => {
    const { body } = await validatePlain(at, { key });
    return body.success ? 'ALLOWED' : body.code;
  };
  const codes = (key: string) => Promise.all([live, test, elsewhere].map((at) => codeOf(key, at)));

  it('are accepted in each environment of their reach, with one client, and in no other', async () => {
    const ofProject = await create({ reach: 'project' });
    expect(await codes(ofProject.key)).toEqual(['ALLOWED', 'ALLOWED', 'INVALID_KEY']);
    const ofAll = await create({ reach: 'organization' });
    expect(await codes(ofAll.key)).toEqual(['ALLOWED', 'ALLOWED', 'ALLOWED']);
    const { body } = await validatePlain(elsewhere, { key: ofAll.key });
    expect(body).toMatchObject({ clientId: ofAll.clientId, project_env: elsewhere.projectEnv });
    const [foreign] = (await newProject(stranger, ['production'])) as [Environment];
    expect(await codeOf(ofAll.key, foreign)).toBe('INVALID_KEY');
  });

  it('are known in an environment that is made later', async () => {
    const ofAll = await create({ reach: 'organization' });
    const [later] = (await newProject(platform.owner, ['production'])) as [Environment];
    expect(await codeOf(ofAll.key, later)).toBe('ALLOWED');
  });

  it('have one set of totals, exact over all environments at once', () =>
    withinOne('day', async () => {
      const { key } = await create({ reach: 'organization', rateLimit: { requests: 10, window: 'day' } });
      const places = [live, test, elsewhere];
      const asked = await Promise.all(
        Array.from({ length: 30 }, (_, i) => codeOf(key, places[i % places.length] ?? live)),
      );
      expect(asked.filter((code) => code === 'ALLOWED')).toHaveLength(10);
    }));

  it('are made once under one name when that is asked for, from whichever environments at once', async () => {
    const body = { name: uniqueName('once'), reach: 'organization' };
    const places = Array.from({ length: 9 }, (_, i) => [live, test, elsewhere][i % 3] ?? live);
    const answers = await Promise.all(places.map((at) => asOwner('POST', '/key?ifExists=return', { body, at })));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
  });

  it('stay what they are to an environment that is to import them', async () => {
    const [revoked, deleted] = [await create({ reach: 'project' }), await create({ reach: 'organization' })];
    await asOwner('POST', `/key/${revoked.id}/revoke`);
    await asOwner('DELETE', `/key/${deleted.id}`);
    const importOne = ({ key }: { key: string }, at: Environment) => {
      const digest = createHash('sha256').update(key).digest('hex');
      return call(at, 'POST', '/key/import', { body: { items: [{ digest, name: 'again' }] } });
    };
    expect((await importOne(revoked, test)).body).toMatchObject({
      imported: 0,
      existing: 1,
      data: [{ id: revoked.id, clientId: revoked.clientId, isNew: false }],
    });
    expect(await importOne(deleted, elsewhere)).toMatchObject({
      status: 400,
      body: { errors: [{ path: '/items/0/digest' }] },
    });
    expect(await codes(revoked.key)).toEqual(['REVOKED', 'REVOKED', 'INVALID_KEY']);
    expect(await codes(deleted.key)).toEqual(Array(3).fill('REVOKED'));
  });

  it('are changed, rotated, revoked and deleted everywhere at once, from whichever environment', async () => {
    const key = await create({ reach: 'organization' });
    expect(await codes(key.key)).toEqual(Array(3).fill('ALLOWED'));
    expect((await asOwner('PATCH', `/key/${key.id}`, { body: { enabled: false }, at: elsewhere })).status).toBe(200);
    expect(await codes(key.key)).toEqual(Array(3).fill('DISABLED'));
    await asOwner('PATCH', `/key/${key.id}`, { body: { enabled: true }, at: test });
    const fresh = await asOwner('POST', `/key/${key.id}/rotate`, { body: { overlapSeconds: 60 }, at: elsewhere });
    expect(fresh).toMatchObject({ status: 201, body: { reach: 'organization', clientId: key.clientId } });
    expect(await codes(fresh.body.key)).toEqual(Array(3).fill('ALLOWED'));
    await asOwner('POST', `/key/${key.id}/revoke`, { at: elsewhere });
    expect(await codes(key.key)).toEqual(Array(3).fill('REVOKED'));
    expect((await asOwner('DELETE', `/key/${fresh.body.id}`, { at: elsewhere })).status).toBe(200);
    expect(await codes(fresh.body.key)).toEqual(Array(3).fill('REVOKED'));
  });

  it('are listed by their reach, and read in each environment of it', async () => {
    const key = await create({ reach: 'project' });
    const listed = async (reach: string, at: Environment) =>
      (await asOwner('GET', `/key?limit=100&reach=${reach}`, { at })).body.data.map(({ id }: { id: string }) => id);
    expect(await listed('project', test)).toEqual([key.id]);
    expect(await listed('project', elsewhere)).toEqual([]);
    expect(await listed('environment', live)).toEqual([]);
    expect((await asOwner('GET', `/key/${key.id}`, { at: test })).body).toMatchObject({ reach: 'project' });
    expect((await asOwner('GET', `/key/${key.id}`, { at: elsewhere })).status).toBe(404);
  });

  it('are made and changed by people only: a server key is of one environment, and its attempts are audited', async () => {
    const body = { name: 'k', reach: 'project' };
    const key = await create({ reach: 'project' });
    expect((await call(live, 'GET', `/key/${key.id}`)).status).toBe(200);
    const client = `/client/${key.clientId}`;
    const attempts: [method: string, path: string, route: string, body?: object][] = [
      ['POST', '/key', '/key', body],
      ['POST', '/key/bulk', '/key/bulk', { items: [{ name: 'a' }, body] }],
      ['PATCH', `/key/${key.id}`, '/key/:id', { name: 'x' }],
      ['POST', `/key/${key.id}/revoke`, '/key/:id/revoke'],
      ['DELETE', `/key/${key.id}`, '/key/:id'],
      ['PUT', client, '/client/:id', { keys: [{ id: key.id, scopes: ['*'] }] }],
      ['PUT', client, '/client/:id', { status: 'disabled' }],
      ['PUT', client, '/client/:id', { ipWhitelist: ['10.0.0.1'] }],
      ['DELETE', `${client}?keyId=${key.id}`, '/client/:id'],
      ['DELETE', client, '/client/:id'],
    ];
    for (const [method, path, route, asked] of attempts) {
      const answer = await call(live, method, path, { body: asked });
      expect([method, path, answer.status]).toEqual([method, path, 403]);
      const records = db.selectFrom('audit_event').select(['outcome', 'subject_id', 'organization_id']);
      expect(await records.where('request_id', '=', answer.body.requestId).execute()).toEqual([
        { outcome: 'denied', subject_id: `${method} /api/v1${route}`, organization_id: platform.organizationId },
      ]);
    }
    expect((await asOwner('GET', `/key/${key.id}`)).body).toMatchObject({ status: 'active', scopes: [] });
    expect(await codeOf(key.key, live)).toBe('ALLOWED');
  });

  it('have a client of their own, and no template, which is of one environment', async () => {
    const key = await create({ reach: 'project' });
    const template = await asOwner('POST', '/template', { body: { name: 't', rateLimitHour: 1 } });
    const change = await asOwner('PUT', `/client/${key.clientId}`, { body: { templateId: template.body.id } });
    expect(change).toMatchObject({ status: 400, body: { errors: [{ path: '/templateId' }] } });
    const named = await asOwner('POST', '/key', { body: { name: 'k', reach: 'project', clientId: key.clientId } });
    expect(named).toMatchObject({ status: 400, body: { errors: [{ path: '/clientId' }] } });
    expect(await codeOf(key.key, test)).toBe('ALLOWED');
  });

  it('outlive the environment that they were made in', async () => {
    const key = await create({ reach: 'project' });
    const { body } = await asOwner('GET', `/client/${key.clientId}`);
    const slug = live.projectEnv.replace(/-production$/, '');
    const path = `/project/${slug}?envId=${body.envId}&kind=env&forceDelete=true`;
    expect((await call(platform.owner, 'DELETE', path)).status).toBe(200);
    const moved = async () => (await asOwner('GET', `/client/${key.clientId}`, { at: test })).status === 200;
    await waitUntil(moved, { what: 'the client to move', timeoutMs: 30_000 });
    expect(await codeOf(key.key, test)).toBe('ALLOWED');
    await asOwner('POST', `/key/${key.id}/revoke`, { at: test });
    expect(await codeOf(key.key, test)).toBe('REVOKED');
  });
});
