import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

describeStacks('projects', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const get = (path: string) => call(environment, 'GET', path);
  const ownerPost = (body: unknown) => call(platform.owner, 'POST', '/project', { body });

  it('are made with environments and templates, whose server keys work at once', async () => {
    const slug = `p${Date.now().toString(36)}`;
    const { status, body } = await ownerPost({
      slug,
      name: 'Project',
      description: 'of a test',
      envs: [
        { type: 'production', url: 'https://api.example.com', templates: [{ name: 'free', rateLimitHour: 100 }] },
        { type: 'staging' },
      ],
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({ slug, name: 'Project', team: { name: 'e2e' }, envs: { count: 2, max: null } });
    const [production, staging] = body.envs.list;
    expect(production).toMatchObject({
      project_env: `${slug}-production`,
      serverKey: expect.stringMatching(/^sk_live_/),
    });
    expect(staging).toMatchObject({ project_env: `${slug}-staging`, serverKey: expect.stringMatching(/^sk_test_/) });
    expect(production.templates.list[0]).toMatchObject({ name: 'free', rateLimitHour: 100, rateLimitDay: null });
    const caller = { url: platform.url, headers: { 'x-api-key': production.serverKey } };
    const templateId = production.templates.list[0].id;
    const made = await call(caller, 'POST', '/client', { body: { name: 'c', templateId, keys: [{ name: 'k' }] } });
    expect(made.body).toMatchObject({ templateId });
    expect((await validatePlain(caller, { key: made.body.keys[0].key })).body).toMatchObject({ success: true });

    const bySlug = await call(platform.owner, 'GET', `/project/${slug}`);
    expect(bySlug.body).toMatchObject({ id: body.id, env: null });
    expect(JSON.stringify(bySlug.body)).not.toContain(production.serverKey);
    const byEnv = await call(platform.owner, 'GET', `/project/${slug}-staging`);
    expect(byEnv.body).toMatchObject({ id: body.id, env: { project_env: `${slug}-staging` } });
  });

  it('keep one name space: what collides is refused, and says with what', async () => {
    const slug = `n${Date.now().toString(36)}`;
    const first = await ownerPost({ slug, name: 'a', envs: [{ type: 'b-c' }] });
    for (const input of [
      { slug, name: 'again', envs: [{ type: 'other' }] },
      { slug: `${slug}-b`, name: 'collides', envs: [{ type: 'c' }] },
      { slug: `${slug}-b-c`, name: 'collides', envs: [{ type: 'x' }] },
    ]) {
      expect(await ownerPost(input)).toMatchObject({
        status: 409,
        body: { error: 'ALREADY_EXISTS', existingId: first.body.id },
      });
    }
  });

  it('refuse bad input with every fault', async () => {
    const { status, body } = await ownerPost({
      slug: 'Bad Slug',
      envs: [{ type: 'UPPER', url: 'ftp://x' }],
      extra: 1,
    });
    expect(status).toBe(400);
    expect(body.errors.map((fault: { path: string }) => fault.path).sort()).toEqual([
      '/envs/0/type',
      '/envs/0/url',
      '/extra',
      '/name',
      '/slug',
    ]);
    const twice = await ownerPost({ slug: 'twice', name: 'x', envs: [{ type: 'a' }, { type: 'a' }] });
    expect(twice.body.errors).toEqual([{ path: '/envs/1/type', message: 'appears twice' }]);
  });

  it('are hidden from a server key but for its own environment, and it cannot make any', async () => {
    const listed = await get('/project');
    expect(listed.body.pagination.total).toBe(1);
    const [own] = listed.body.data;
    expect(own.envs.list.map((env: { project_env: string }) => env.project_env)).toEqual([environment.projectEnv]);
    expect(own.team.members.list).toEqual([]);
    const other = await platform.newEnvironment();
    expect((await get(`/project/${other.projectEnv}`)).status).toBe(404);
    expect((await get(`/project/${environment.projectEnv}`)).body.env.project_env).toBe(environment.projectEnv);
    const made = await call(environment, 'POST', '/project', {
      body: { slug: 'mine', name: 'mine', envs: [{ type: 'x' }] },
    });
    expect(made).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
  });
});
