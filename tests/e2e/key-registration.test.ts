import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey } from '@keyward/tests/platform/sign-key';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

/** Keys that an SDK has signed register themselves by their first event. */
describeStacks('a locally signed key that was used', (stack) => {
  let platform: TestPlatform;
  let nodes: string[];
  let environment: TestEnvironment;
  let name: string;
  let key: string;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url(), { maxSignedKeysPerClient: 2 });
    nodes = [platform.url, await platform.addNode()];
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
    name = uniqueName('tenant');
    key = signKey(environment.signingSecret, { tid: name, scp: ['read', 'write'] });
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const ask = async (raw: string, node = 0) =>
    (await validatePlain({ ...environment, url: nodes[node] ?? '' }, { key: raw })).body;
  const codeOf = ({ success, code, error }: Awaited<ReturnType<typeof ask>>) => (success ? 'ALLOWED' : (code ?? error));
  const codes = (raw = key) => Promise.all(nodes.map(async (_, node) => codeOf(await ask(raw, node))));
  const change = async (path: string, body: object) => expectDone(await call(environment, 'PUT', path, { body }));
  const view = async (clientId: string) => (await call(environment, 'GET', `/client/${clientId}`)).body;
  /** The client that the key was taken for, once it lists as many keys. */
  async function listed(clientId: string, keys = 1) {
    await waitUntil(async () => (await view(clientId)).keys?.length === keys, {
      what: 'the keys to be listed',
      timeoutMs: 10_000,
    });
    return view(clientId);
  }

  it('is listed with its client, under the ids that its events had, and its calls count', async () => {
    const { clientId } = await ask(key);
    const client = await listed(clientId);
    expect(client).toMatchObject({ id: clientId, name, source: { kind: 'sdk' } });
    expect(client.keys).toMatchObject([{ status: 'active', scopes: ['read', 'write'] }]);
    expect(await codes()).toEqual(['ALLOWED', 'ALLOWED']);
    await waitUntil(async () => (await view(clientId)).stats.success === 3, { what: 'the counts', timeoutMs: 10_000 });
    expect((await view(clientId)).keys[0].requestCount).toBe(3);
  });

  it('can be disabled and revoked there, which holds on the very next request of every node', async () => {
    expect(await codes()).toEqual(['ALLOWED', 'ALLOWED']);
    const { clientId } = await ask(key);
    const { keys } = await listed(clientId);
    const [{ id }] = keys;
    await change(`/client/${clientId}`, { keys: [{ id, enabled: false }] });
    expect(await codes()).toEqual(['DISABLED', 'DISABLED']);
    await change(`/client/${clientId}`, { keys: [{ id, enabled: true }] });
    expect(await codes()).toEqual(['ALLOWED', 'ALLOWED']);
    await change(`/client/${clientId}`, { keys: [{ id, status: 'revoked' }] });
    expect(await codes()).toEqual(['REVOKED', 'REVOKED']);
  });

  it('stays dead once its client is deleted, also after its name is somebody else’s', async () => {
    const { clientId } = await ask(key);
    await listed(clientId);
    expectDone(await call(environment, 'DELETE', `/client/${clientId}`));
    expect(await codes()).toEqual(['REVOKED', 'REVOKED']);
    expectDone(await call(environment, 'POST', '/client', { body: { name } }));
    expect(await codes()).toEqual(['REVOKED', 'REVOKED']);
  });

  it('goes on by its client when that is renamed, as do others that state the old name', async () => {
    const { clientId } = await ask(key);
    await listed(clientId);
    await change(`/client/${clientId}`, { name: uniqueName('renamed') });
    expect(await codes()).toEqual(['ALLOWED', 'ALLOWED']);
    const later = signKey(environment.signingSecret, { tid: name });
    expect(await ask(later, 1)).toMatchObject({ success: true, clientId });
    await change(`/client/${clientId}`, { status: 'disabled' });
    expect(await codes(later)).toEqual(['CLIENT_DISABLED', 'CLIENT_DISABLED']);
    const { id } = expectDone(await call(environment, 'POST', '/client', { body: { name } }));
    const another = signKey(environment.signingSecret, { tid: name });
    expect(await ask(another)).toMatchObject({ success: true, clientId: id });
  });

  it('has its limits go on by what was used before, and others beyond the client’s share are taken all the same', () =>
    withinOne('day', async () => {
      const template = await call(environment, 'POST', '/template', { body: { name: 't', rateLimitDay: 6 } });
      await change('/settings', { defaultTemplateId: template.body.id });
      const keys = Array.from({ length: 3 }, () => signKey(environment.signingSecret, { tid: name }));
      const replies = [];
      for (const each of keys) replies.push(await ask(each));
      await listed(replies[0]?.clientId, 2);
      const after = [];
      for (const each of [...keys, ...keys]) after.push(codeOf(await ask(each)));
      expect(after).toEqual([...Array(3).fill('ALLOWED'), ...Array(3).fill('RATE_LIMITED')]);
      expect((await view(replies[0]?.clientId)).keys).toHaveLength(2);
    }));
});
