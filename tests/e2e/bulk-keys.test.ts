import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const unknownId = '01a1fad6-21e2-791f-b458-61dd10db3d59';

describeStacks('many keys at once', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const post = (path: string, body: unknown, headers = {}) => call(environment, 'POST', path, { body, headers });
  const total = async () => (await call(environment, 'GET', '/key')).body.pagination.total;
  const codeOf = async (key: string) => {
    const { body } = await validatePlain(environment, { key });
    return body.success ? 'ALLOWED' : body.code;
  };

  it('are made in one call, in order, for clients and without, and work from the answer on', async () => {
    const client = await newClient(environment);
    const items = Array.from({ length: 120 }, (_, i) => ({
      name: `bulk ${i}`,
      ...(i % 3 === 0 ? { clientId: client.id } : {}),
    }));
    const { status, body } = await post('/key/bulk', { items });
    expect(status).toBe(201);
    expect(body.data.map(({ name }: { name: string }) => name)).toEqual(items.map(({ name }) => name));
    expect(await total()).toBe(121);
    for (const i of [0, 1, 60, 119]) expect(await codeOf(body.data[i].key)).toBe('ALLOWED');
    expect(body.data[3].clientId).toBe(client.id);
    expect(new Set(body.data.map(({ clientId }: { clientId: string }) => clientId)).size).toBe(81);
  });

  it('are not made at all when one of them cannot be; each fault names its item', async () => {
    const items = [
      { name: 'good' },
      { name: 'late', expiresAt: '2001-01-01T00:00:00Z' },
      { name: 'x', clientId: unknownId },
    ];
    const { status, body } = await post('/key/bulk', { items });
    expect(status).toBe(400);
    const paths = body.errors.map(({ path }: { path: string }) => path);
    expect(paths.toSorted()).toEqual(['/items/1/expiresAt', '/items/2/clientId']);
    expect(await total()).toBe(0);
    expect((await post('/key/bulk', { items: [] })).status).toBe(400);
    expect((await post('/key/bulk', { items: Array(1_001).fill({ name: 'k' }) })).status).toBe(400);
  });

  it('are made once under one Idempotency-Key', async () => {
    const body = { items: [{ name: 'a' }, { name: 'b' }] };
    const headers = { 'idempotency-key': 'bulk-1' };
    const first = await post('/key/bulk', body, headers);
    const again = await post('/key/bulk', body, headers);
    expect(again.body.data).toEqual(first.body.data);
    expect(await total()).toBe(2);
  });

  it('are revoked by what a filter finds, after a look at what that would be', async () => {
    const client = await newClient(environment);
    const items = Array.from({ length: 7 }, (_, i) => ({ name: `leaked ${i}`, clientId: client.id }));
    const { data } = (await post('/key/bulk', { items })).body;
    await post(`/key/${data[0].id}/revoke`, undefined);
    const filter = { clientId: client.id, name: 'LEAKED' };
    const look = await post('/key/revoke', { filter, dryRun: true });
    expect(look).toMatchObject({ status: 200, body: { dryRun: true, matched: 6, revoked: 0, remaining: 6 } });
    const living = data.slice(1).map(({ id }: { id: string }) => id);
    expect(look.body.ids.toSorted()).toEqual(living.toSorted());
    expect(await codeOf(data[1].key)).toBe('ALLOWED');
    const done = await post('/key/revoke', { filter });
    expect(done.body).toMatchObject({ dryRun: false, matched: 6, revoked: 6, remaining: 0 });
    for (const { key } of data) expect(await codeOf(key)).toBe('REVOKED');
    expect(await codeOf(client.key)).toBe('ALLOWED');
    expect((await post('/key/revoke', { filter })).body).toMatchObject({ matched: 0, revoked: 0 });
  });

  it('are revoked by their ids, those of the environment only', async () => {
    const mine = await newClient(environment);
    const other = await platform.newEnvironment();
    const foreign = await newClient(other);
    const { body } = await post('/key/revoke', { filter: { ids: [mine.keyId, foreign.keyId, unknownId] } });
    expect(body).toMatchObject({ matched: 1, revoked: 1, ids: [mine.keyId] });
    expect((await validatePlain(other, { key: foreign.key })).body.success).toBe(true);
  });

  it('are revoked by some filter, never by none', async () => {
    for (const bad of [{}, { filter: {} }, { filter: { status: 'active' } }, { filter: { createdBefore: 'now' } }])
      expect((await post('/key/revoke', bad)).status).toBe(400);
  });

  it('are found by not having been used', async () => {
    const { data } = (await post('/key/bulk', { items: [{ name: 'idle' }, { name: 'used' }] })).body;
    const since = new Date(Date.parse(data[1].createdAt) + 1).toISOString();
    await waitUntil(() => Date.now() > Date.parse(since), { what: 'time to pass', timeoutMs: 1_000, everyMs: 1 });
    expect(await codeOf(data[1].key)).toBe('ALLOWED');
    const unused = async (time: string) =>
      (await call(environment, 'GET', `/key?unusedSince=${time}`)).body.data.map(({ name }: { name: string }) => name);
    await waitUntil(async () => (await unused(since)).join() === 'idle', {
      what: 'the use to be counted',
      timeoutMs: 30_000,
    });
    expect(await unused('2001-01-01T00:00:00Z')).toEqual([]);
  });
});
