import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { inParallel } from '@keyward/tests/platform/in-parallel';
import { runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey } from '@keyward/tests/platform/sign-key';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const elsewhere = ['203.0.113.0/24'];

/** Nodes that have judged a key go on by whoever has its name. */
describeStacks('whom a locally signed key is taken for on warm nodes', (stack) => {
  let platform: TestPlatform;
  let nodes: string[];
  let environment: TestEnvironment;
  let name: string;
  let key: string;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url(), { maxSignedKeysPerClient: 0 });
    nodes = [platform.url, await platform.addNode()];
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
    name = uniqueName('tenant');
    key = signKey(environment.signingSecret, { tid: name });
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const make = async (client: object) => expectDone(await call(environment, 'POST', '/client', { body: client }));
  const change = async (id: string, body: object) =>
    expectDone(await call(environment, 'PUT', `/client/${id}`, { body }));
  const remove = async (id: string) => expectDone(await call(environment, 'DELETE', `/client/${id}`));
  const askAll = (raw = key) =>
    Promise.all(
      nodes.map(async (url) => {
        const { body } = await validatePlain({ ...environment, url }, { key: raw });
        return { code: body.code ?? 'ALLOWED', clientId: body.clientId };
      }),
    );
  const expectAll = async (expected: { code: string; clientId?: string }) => {
    for (const answer of await askAll()) expect(answer).toMatchObject(expected);
  };
  const derivedClient = async () => {
    const [answer] = await askAll();
    await expectAll({ code: 'ALLOWED', clientId: answer?.clientId });
    return answer?.clientId;
  };

  it('follows a client that is made, changed, disabled and deleted', async () => {
    const derived = await derivedClient();
    const { id } = await make({ name, ipWhitelist: elsewhere });
    expect(id).not.toBe(derived);
    await expectAll({ code: 'IP_NOT_ALLOWED', clientId: id });
    await change(id, { ipWhitelist: [] });
    await expectAll({ code: 'ALLOWED', clientId: id });
    await change(id, { status: 'disabled' });
    await expectAll({ code: 'CLIENT_DISABLED' });
    await change(id, { status: 'active' });
    await expectAll({ code: 'ALLOWED' });
    await remove(id);
    await expectAll({ code: 'REVOKED' });
  });

  it('is a derived client again once the client is called otherwise, and then that client', async () => {
    const derived = await derivedClient();
    const { id } = await make({ name });
    await expectAll({ code: 'ALLOWED', clientId: id });
    await change(id, { name: uniqueName('renamed') });
    await expectAll({ code: 'ALLOWED', clientId: derived });
    await change(id, { name });
    await expectAll({ code: 'ALLOWED', clientId: id });
  });

  it('is nobody as long as two clients have the name', async () => {
    const first = await make({ name });
    await expectAll({ code: 'ALLOWED', clientId: first.id });
    const second = await make({ name });
    await expectAll({ code: 'INVALID_KEY' });
    await change(second.id, { name: uniqueName('renamed') });
    await expectAll({ code: 'ALLOWED', clientId: first.id });
    await change(second.id, { name });
    await expectAll({ code: 'INVALID_KEY' });
    await remove(first.id);
    await expectAll({ code: 'ALLOWED', clientId: second.id });
  });

  it('is a client that is made after one of this name was deleted', async () => {
    const first = await make({ name });
    await expectAll({ code: 'ALLOWED', clientId: first.id });
    await remove(first.id);
    await expectAll({ code: 'REVOKED' });
    const second = await make({ name });
    await expectAll({ code: 'ALLOWED', clientId: second.id });
    await remove(second.id);
    await expectAll({ code: 'REVOKED' });
  });

  it('does not bring back a key that the server issued and that was deleted', async () => {
    const client = await make({ name, keys: [{ name: 'k' }] });
    const issued = client.keys[0].key;
    expect((await askAll(issued)).map(({ code }) => code)).toEqual(['ALLOWED', 'ALLOWED']);
    await remove(client.id);
    await make({ name });
    await expectAll({ code: 'ALLOWED' });
    expect((await askAll(issued)).map(({ code }) => code)).toEqual(['REVOKED', 'REVOKED']);
  });

  it('is right after every answer, while names change hands and clients change all the time', async () => {
    const clients = await Promise.all([make({ name: uniqueName('a') }), make({ name: uniqueName('b') })]);
    const [one, two] = clients.map(({ id }) => id as string);
    if (!one || !two) throw new Error('the clients were not made');
    let changing = true;
    const noise = inParallel({ count: 3, lanes: 3 }, async (i) => {
      while (changing) {
        await change(i === 0 ? two : one, { metadata: { at: performance.now() } });
        await askAll();
      }
    });
    try {
      for (let round = 0; round < 8; round += 1) {
        await change(one, { name });
        await expectAll({ code: 'ALLOWED', clientId: one });
        await change(two, { name });
        await expectAll({ code: 'INVALID_KEY' });
        await change(one, { name: uniqueName('a') });
        await expectAll({ code: 'ALLOWED', clientId: two });
        await change(two, { name: uniqueName('b') });
        for (const { code, clientId } of await askAll()) {
          expect([code, clientId === one, clientId === two]).toEqual(['ALLOWED', false, false]);
        }
      }
    } finally {
      changing = false;
      await noise;
    }
  });
});
