import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

interface Resource {
  name: string;
  /** Makes one, and answers its path. */
  make(environment: TestEnvironment): Promise<string>;
  change: (to: string) => object;
  isDeletable: boolean;
}

const resources: Resource[] = [
  {
    name: 'a client',
    make: async (environment) => `/client/${(await newClient(environment)).id}`,
    change: (name) => ({ name }),
    isDeletable: true,
  },
  {
    name: 'an endpoint',
    make: async (environment) => {
      const { body } = await call(environment, 'POST', '/endpoint', { body: { method: 'GET', path: '/things' } });
      return `/endpoint/${body.id}`;
    },
    change: (name) => ({ name }),
    isDeletable: true,
  },
  {
    name: 'the settings',
    make: async () => '/settings',
    change: (name) => ({ keyHeader: `x-${name}` }),
    isDeletable: false,
  },
];

const deletable = resources.filter(({ isDeletable }) => isDeletable);

describeStacks('the entity tag', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  describe.each(resources.map((resource) => [resource.name, resource] as const))('of %s', (_, resource) => {
    let path: string;
    beforeEach(async () => {
      path = await resource.make(environment);
    });
    const read = async () => {
      const { headers, body } = await call(environment, 'GET', path);
      return { etag: headers.get('etag') ?? '', body };
    };
    const change = (to: string, ifMatch?: string) =>
      call(environment, 'PUT', path, {
        body: resource.change(to),
        headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
      });

    it('is the same until somebody changes it', async () => {
      const { etag } = await read();
      expect(etag).toMatch(/^"[\w-]{22}"$/);
      expect((await read()).etag).toBe(etag);
      expect((await change('one')).status).toBe(200);
      expect((await read()).etag).not.toBe(etag);
    });

    it('lets a change pass that was made of what is there, and no other', async () => {
      const { etag } = await read();
      expect((await change('one', etag)).status).toBe(200);
      const { etag: current, body } = await read();
      for (const stale of [etag, `"other"`, `W/${current}`, `${etag}, "other"`])
        expect(await change('two', stale)).toMatchObject({ status: 412, body: { error: 'PRECONDITION_FAILED' } });
      expect((await read()).body).toEqual(body);
      expect((await change('three', `${etag}, ${current}`)).status).toBe(200);
      expect((await change('four', '*')).status).toBe(200);
    });

    it('lets one of two changes of the same state pass', async () => {
      const { etag } = await read();
      const answers = await Promise.all(['one', 'two', 'three', 'four'].map((to) => change(to, etag)));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412, 412, 412]);
    });
  });

  it.each(deletable)('of $name keeps it from being deleted once it has changed', async ({ make, change }) => {
    const path = await make(environment);
    const read = async () => (await call(environment, 'GET', path)).headers.get('etag') ?? '';
    const remove = (ifMatch: string) => call(environment, 'DELETE', path, { headers: { 'if-match': ifMatch } });
    const etag = await read();
    await call(environment, 'PUT', path, { body: change('one') });
    expect(await remove(etag)).toMatchObject({ status: 412, body: { error: 'PRECONDITION_FAILED' } });
    expect((await remove(await read())).status).toBe(200);
    expect((await call(environment, 'GET', path)).status).toBe(404);
  });

  it('of a client stays as it is when the client is used', async () => {
    const client = await newClient(environment);
    const read = () => call(environment, 'GET', `/client/${client.id}`);
    const before = await read();
    expect((await validatePlain(environment, { key: client.key })).body.success).toBe(true);
    await expect.poll(async () => (await read()).body.stats.total, { timeout: 30_000 }).toBe(1);
    const after = await read();
    expect(after.body.keys[0].lastUsedAt).not.toBe(before.body.keys[0].lastUsedAt);
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
  });
});
