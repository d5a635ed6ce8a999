import { type IssueSignedKeyOptions, issueSignedKey } from '@keyward/keyformat/signed-key';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { uniqueName } from '@keyward/tests/backends/unique-name';
import { expectDone } from '@keyward/tests/platform/expect-done';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { signKey, withTenant } from '@keyward/tests/platform/sign-key';
import { call, type ValidateOptions, validatePlain } from '@keyward/tests/platform/wire-client';
import { withinOne } from '@keyward/tests/platform/within-one';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

describeStacks('a key that nobody registered, signed with the environment’s secret', (stack) => {
  let platform: TestPlatform;
  let nodes: string[];
  let environment: TestEnvironment;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url(), { maxSignedKeysPerClient: 0 });
    nodes = [platform.url, await platform.addNode()];
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const make = async (client: Record<string, unknown>) =>
    expectDone(await call(environment, 'POST', '/client', { body: { name: uniqueName('client'), ...client } }));
  const change = async (path: string, body: object) => expectDone(await call(environment, 'PUT', path, { body }));
  const sign = (tid: string, claims: Partial<Parameters<typeof signKey>[1]> = {}) =>
    signKey(environment.signingSecret, { tid, ...claims });
  const ask = async (key: string, options: ValidateOptions = {}, node = 0) =>
    (await validatePlain({ ...environment, url: nodes[node] ?? '' }, { key, ...options })).body;
  const codes = (key: string, options: ValidateOptions = {}) =>
    Promise.all(nodes.map(async (_, node) => (await ask(key, options, node)).code ?? 'ALLOWED'));

  it('is taken for the client whose name it states, on every node', async () => {
    const { id, name } = await make({});
    for (const node of nodes.keys()) {
      expect(await ask(sign(name), {}, node)).toMatchObject({ success: true, clientId: id });
    }
  });

  it('is taken for a client that every node derives from a name nobody has', async () => {
    const name = uniqueName('nobody');
    const replies = [await ask(sign(name), {}, 0), await ask(sign(name), {}, 1), await ask(sign('another'), {}, 1)];
    expect(replies.map(({ success }) => success)).toEqual([true, true, true]);
    const [one, two, other] = replies.map(({ clientId }) => clientId);
    expect(one).toMatch(/^[0-9a-f-]{36}$/);
    expect([two === one, other === one]).toEqual([true, false]);
  });

  it('is taken for the client that the URL names, and for none that is unknown or another environment’s', async () => {
    const { id, name } = await make({});
    const key = sign(uniqueName('other'));
    expect(await ask(key, { clientId: id })).toMatchObject({ success: true, clientId: id });
    const foreign = await newClient(await platform.newEnvironment());
    for (const clientId of ['00000000-0000-7000-8000-000000000000', foreign.id]) {
      expect(await codes(sign(name), { clientId })).toEqual(['INVALID_KEY', 'INVALID_KEY']);
    }
  });

  it('is refused when anybody else signed it, or its claims are not what was signed', async () => {
    const { name } = await make({});
    const other = await platform.newEnvironment();
    const forged = {
      'another environment': signKey(other.signingSecret, { tid: name }),
      'no secret': signKey('', { tid: name }),
      'a guess': signKey('test-secret', { tid: name }),
      'other claims': withTenant(sign(uniqueName('mine')), name),
      'no signature': sign(name).replace(/\..*$/, '.1'),
    };
    for (const [by, key] of Object.entries(forged))
      expect(await codes(key), by).toEqual(['INVALID_KEY', 'INVALID_KEY']);
    expect(await codes(withTenant(sign('mine'), 'mine')), 'the signature survives the helper').toEqual([
      'ALLOWED',
      'ALLOWED',
    ]);
  });

  it('is read in msgpack, too', async () => {
    const { id, name } = await make({});
    const claims = { tid: name, scp: ['read'], env: 'production' };
    const issue = (codec: IssueSignedKeyOptions['codec'] & string) =>
      issueSignedKey({ claims, secret: environment.signingSecret, nowMs: Date.now(), codec }).key;
    expect(await ask(issue('msgpack'))).toMatchObject({ success: true, clientId: id });
    expect(await ask(issue('json'))).toMatchObject({ success: true, clientId: id });
  });

  describe('is judged', () => {
    it('by its own times, to the fraction of a second', async () => {
      const nowSeconds = Date.now() / 1_000;
      const expiredAtMs = Math.floor(Date.now()) - 1_500;
      expect(await ask(sign('t', { exp: expiredAtMs / 1_000 }))).toMatchObject({
        code: 'EXPIRED',
        expiredAt: new Date(expiredAtMs).toISOString(),
      });
      expect(await ask(sign('t', { exp: nowSeconds + 60.25 }))).toMatchObject({ success: true });
      expect(await ask(sign('t', { nbf: nowSeconds + 60.25 }))).toMatchObject({ code: 'NOT_YET_VALID' });
      expect(await ask(sign('t', { nbf: nowSeconds - 0.75 }))).toMatchObject({ success: true });
    });

    it('by the scopes that it states, against those of the endpoint', async () => {
      const body = { method: 'GET', path: '/reports', requiredScopes: ['reports'] };
      const { id } = (await call(environment, 'POST', '/endpoint', { body })).body;
      await change(`/endpoint/${id}`, { requiredScopes: ['reports'] });
      const at = { methodPath: 'GET:/reports' };
      expect(await ask(sign('t', { scp: ['read'] }), at)).toMatchObject({ code: 'INSUFFICIENT_SCOPE' });
      expect(await ask(sign('t', { scp: [] }), at)).toMatchObject({ code: 'INSUFFICIENT_SCOPE' });
      expect(await ask(sign('t', { scp: ['read', 'reports'] }), at)).toMatchObject({ success: true });
    });

    it('by the addresses and the state of its client', async () => {
      const { id, name } = await make({ ipWhitelist: ['203.0.113.0/24'] });
      const key = sign(name);
      const from = (address: string) => ({ headers: { 'x-api-key': key, 'x-forwarded-for': address } });
      expect(await codes(key, from('203.0.113.9'))).toEqual(['ALLOWED', 'ALLOWED']);
      expect(await codes(key, from('198.51.100.1'))).toEqual(['IP_NOT_ALLOWED', 'IP_NOT_ALLOWED']);
      await change(`/client/${id}`, { status: 'disabled' });
      expect(await codes(key, from('203.0.113.9'))).toEqual(['CLIENT_DISABLED', 'CLIENT_DISABLED']);
      await change(`/client/${id}`, { status: 'active', ipWhitelist: [] });
      expect(await codes(key, from('198.51.100.1'))).toEqual(['ALLOWED', 'ALLOWED']);
    });

    it('by the limits of its client, which all its keys share on all nodes', () =>
      withinOne('day', async () => {
        const template = await call(environment, 'POST', '/template', { body: { name: 't', rateLimitDay: 5 } });
        const { name } = await make({ templateId: template.body.id });
        const asked = Array.from({ length: 12 }, (_, i) => ask(sign(name), {}, i % nodes.length));
        const answers = await Promise.all(asked);
        expect(answers.filter(({ success }) => success)).toHaveLength(5);
        const refused = answers.find(({ success }) => !success);
        expect(refused).toMatchObject({ code: 'RATE_LIMITED', subject: 'client', window: 'day' });
      }));

    it('by the default template, when nobody made its client', () =>
      withinOne('day', async () => {
        const template = await call(environment, 'POST', '/template', { body: { name: 't', rateLimitDay: 5 } });
        const [warm, name] = [sign(uniqueName('warm')), uniqueName('nobody')];
        expect(await codes(warm)).toEqual(['ALLOWED', 'ALLOWED']);
        await change('/settings', { defaultTemplateId: template.body.id });
        const asked = Array.from({ length: 12 }, (_, i) => ask(sign(name), {}, i % nodes.length));
        expect((await Promise.all(asked)).filter(({ success }) => success)).toHaveLength(5);
        expect(await codes(sign(name))).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
        await change(`/template/${template.body.id}`, { rateLimitDay: 7 });
        expect((await codes(sign(name))).concat(await codes(sign(name)))).toEqual([
          ...['ALLOWED', 'ALLOWED'],
          ...['RATE_LIMITED', 'RATE_LIMITED'],
        ]);
        await change('/settings', { defaultTemplateId: null });
        expect(await codes(sign(name))).toEqual(['ALLOWED', 'ALLOWED']);
      }));
  });

  it('is refused or taken as the settings say on the very next request of every node', async () => {
    const key = sign((await make({})).name);
    const registered = await newClient(environment);
    for (let round = 0; round < 3; round += 1) {
      expect(await codes(key)).toEqual(['ALLOWED', 'ALLOWED']);
      await change('/settings', { locallySignedKeys: 'refuse' });
      expect(await codes(key)).toEqual(['INVALID_KEY', 'INVALID_KEY']);
      expect(await codes(registered.key)).toEqual(['ALLOWED', 'ALLOWED']);
      await change('/settings', { locallySignedKeys: 'accept' });
    }
  });

  describe('may bring only so many new clients a day', () => {
    it('which those of today are not counted to again', () =>
      withinOne('day', async () => {
        const [one, two, three] = [sign('one'), sign('two'), sign('three')];
        await change('/settings', { newClientsPerDay: 2 });
        expect(await codes(one)).toEqual(['ALLOWED', 'ALLOWED']);
        expect(await codes(two)).toEqual(['ALLOWED', 'ALLOWED']);
        const refused = await ask(three);
        expect(refused).toMatchObject({ code: 'RATE_LIMITED', status: 429, subject: 'environment', window: 'day' });
        const untilMidnight = (new Date().setUTCHours(24, 0, 0, 0) - Date.now()) / 1_000;
        expect(Math.abs(refused.retryAfterSeconds - untilMidnight)).toBeLessThan(2);
        expect([...(await codes(one)), ...(await codes(sign('two')))]).toEqual(Array(4).fill('ALLOWED'));
        await change('/settings', { newClientsPerDay: 3 });
        expect(await codes(three)).toEqual(['ALLOWED', 'ALLOWED']);
      }));

    it('none at all with 0, but those that somebody made', async () => {
      await change('/settings', { newClientsPerDay: 0 });
      expect(await codes(sign('nobody'))).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
      expect(await codes(sign((await make({})).name))).toEqual(['ALLOWED', 'ALLOWED']);
    });
  });
});
