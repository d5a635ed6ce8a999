import { freshMemoryUrl, freshPgliteUrl } from '@keyward/tests/backends/isolate';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const pathsOf = ({ errors = [] }: { errors?: { path: string }[] }) => errors.map(({ path }) => path).toSorted();

// What is refused before any store is asked.
describe('management input that nothing could keep', () => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform({ redis: freshMemoryUrl(), postgres: freshPgliteUrl(), kafka: freshMemoryUrl() });
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  it('is named in every place at once, in a body, a query and a path', async () => {
    const body = { name: 'a\0', metadata: { deep: ['\ud800'] }, scopes: ['a b', '\0'] };
    const refused = await call(environment, 'POST', '/key', { body });
    expect(refused).toMatchObject({ status: 400, body: { error: 'INVALID_INPUT' } });
    expect(pathsOf(refused.body)).toEqual(['/metadata/deep/0', '/name', '/scopes/0', '/scopes/1']);
    expect(pathsOf((await call(environment, 'GET', '/client?name=%00&page=0')).body)).toEqual(['/name', '/page']);
    expect(pathsOf((await call(platform.owner, 'GET', '/project/a%00b')).body)).toEqual(['/project']);
  });

  it('is refused when it is nested without end', async () => {
    const metadata = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const refused = await call(environment, 'POST', '/client', { body: `{"name":"a","metadata":${metadata}}` });
    expect(refused).toMatchObject({ status: 400, body: { error: 'INVALID_INPUT' } });
    expect(pathsOf(refused.body)[0]).toMatch(/^\/metadata(\/a)+$/);
  });

  it('is refused as an id where a namesake is looked for first', async () => {
    const { id } = await newClient(environment);
    const ask = (clientId: string) =>
      call(environment, 'POST', '/key?ifExists=return', { body: { name: 'k', clientId } });
    expect((await ask(id)).status).toBe(201);
    expect(pathsOf((await ask('nobody')).body)).toEqual(['/clientId']);
  });

  it('is answered in our own words when the URL is long, by whichever service it is too long for', async () => {
    for (const url of [platform.url, platform.adminUrl]) {
      const owner = { ...platform.owner, url };
      const long = await call(owner, 'GET', `/audit?cursor=${'x'.repeat(40_000)}`);
      expect([long.status, long.body.error, pathsOf(long.body)]).toEqual([400, 'INVALID_INPUT', ['/cursor']]);
      const longer = await call(owner, 'GET', `/audit?cursor=${'x'.repeat(100_000)}`);
      expect(longer).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST', requestId: expect.any(String) } });
    }
  });

  it('says which methods a URL has, when it is asked by another', async () => {
    for (const method of ['OPTIONS', 'PUT', 'QUERY']) {
      const { status, body, headers } = await call(platform.owner, method, '/client');
      expect([status, body.error]).toEqual([405, 'METHOD_NOT_ALLOWED']);
      expect((headers.get('allow') ?? '').split(', ').toSorted()).toEqual(['GET', 'HEAD', 'POST']);
    }
  });
});
