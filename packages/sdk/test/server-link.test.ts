import { createEphemeralKey } from '@keyward/envelope/ephemeral-key';
import { createKeyringEntry, keyringOf } from '@keyward/envelope/keyring';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { HttpFailure } from '../src/http/http-client.ts';
import { runtime } from '../src/node/runtime.ts';
import { ServerAway, ServerRefused } from '../src/server/server-failure.ts';
import { ServerLink } from '../src/server/server-link.ts';
import { version } from '../src/version.ts';
import { SealingServer } from './sealing-server.ts';

let server: SealingServer;
beforeEach(() => {
  server = new SealingServer();
});
afterEach(() => vi.useRealTimers());

function linkTo(pins: string[] = [], openSession = runtime.openSession): ServerLink {
  const options = {
    serverKey: 'sk_live_x',
    projectEnv: 'p',
    baseUrl: new URL('https://keys.example.com/api/v1'),
    pins,
  };
  const rest = { privateKey: undefined, timeoutMs: 1_000, maxSockets: 1, ca: undefined, fetch: undefined };
  return new ServerLink({ ...runtime, openSession, createHttpClient: () => server }, { ...options, ...rest });
}

const call = { path: '/client/self?method_path=GET%3A%2Fusers', text: '{"a":1}' };

describe('a call', () => {
  test('goes in an envelope, with the server key outside, and its answer comes in one', async () => {
    server.answer = () => ({ status: 200, json: { success: true, clientId: 'c' } });
    const { status, json } = await linkTo().post(call);
    expect([status, json]).toEqual([200, { success: true, clientId: 'c' }]);
    expect(server.received).toMatchObject([{ path: `/api/v1${call.path}`, json: { a: 1 } }]);
    expect(server.received[0]?.headers).toMatchObject({ 'x-api-key': 'sk_live_x', 'x-apikee-encrypted': '1' });
  });

  test('shares its session and the server’s key with others, for some minutes', async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) });
    const link = linkTo();
    await Promise.all([link.post(call), link.post(call), link.post(call)]);
    vi.advanceTimersByTime(260_000);
    await link.post(call);
    expect(new Set(server.received.map(({ epk }) => epk)).size).toBe(1);
    expect(server.askedForKeys).toBe(1);
    vi.advanceTimersByTime(20_000);
    await link.post(call);
    expect(new Set(server.received.map(({ epk }) => epk)).size).toBe(2);
    vi.advanceTimersByTime(30_000);
    await link.post(call);
    await link.post(call);
    expect(server.askedForKeys).toBe(2);
  });

  test('in version 1, to a server that knows no other, has its time inside', async () => {
    server.versions = ['1'];
    await linkTo().post(call);
    expect(server.received[0]?.json).toEqual({ a: 1, timestamp: expect.stringMatching(/^20\d\d-.*Z$/) });
  });
});

test('a call says what makes it', async () => {
  await linkTo().post(call);
  expect(server.received[0]?.headers['user-agent']).toBe(`keyward-js/${manifest.version}`);
  expect(version).toBe(manifest.version);
});

describe('when the server changes its keys', () => {
  test('a call whose envelope does not open any more is made again with the new one', async () => {
    const link = linkTo();
    await link.post(call);
    server.keyring = keyringOf([createKeyringEntry({ nowMs: 0 })]);
    expect((await link.post(call)).status).toBe(200);
    expect([server.received.length, server.askedForKeys]).toEqual([2, 2]);
  });

  test('calls under way are all made again, and it is asked once', async () => {
    const link = linkTo();
    await link.post(call);
    server.keyring = keyringOf([createKeyringEntry({ nowMs: 0 })]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => link.post(call)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(server.askedForKeys).toBe(2);
  });

  test('an envelope that the new one does not open either is the application’s fault, and not an outage', async () => {
    server.tamper = (_, { method }) => ({
      status: 400,
      headers: {},
      body: method === 'POST' ? '{"error":"INVALID_ENVELOPE","message":"no"}' : '',
    });
    await expect(linkTo().post(call)).rejects.toThrow(ServerRefused);
  });
});

describe('a pin', () => {
  test('lets only that key be sealed to, given as key or as fingerprint', async () => {
    const [key] = server.keyring.keys;
    if (!key) throw new Error('the server has a key');
    for (const pin of [key.fingerprint.toUpperCase(), key.publicKey.toString('base64')])
      expect((await linkTo([pin]).post(call)).status).toBe(200);
    const other = createEphemeralKey().publicKey.toString('base64');
    await expect(linkTo([other]).post(call)).rejects.toThrow(/pinned/);
    expect((await linkTo([other, key.fingerprint]).post(call)).status).toBe(200);
    await expect(linkTo([other]).post(call)).rejects.toThrow(ServerRefused);
  });

  test('is not got round by whoever says that the server seals no answers', async () => {
    const [key] = server.keyring.keys;
    server.versions = ['1'];
    await expect(linkTo([key?.fingerprint ?? '']).post(call)).rejects.toThrow(ServerRefused);
    expect(server.received).toEqual([]);
  });
});

test('a key that nothing can be encrypted to is refused, and asked for anew after some seconds', async () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 10, 21) });
  const link = linkTo();
  const { keyring } = server;
  const zeros = { ...createKeyringEntry({ nowMs: 0 }), publicKey: Buffer.alloc(32) };
  server.keyring = { keys: [zeros] };
  await expect(link.post(call)).rejects.toThrow(ServerRefused);
  server.keyring = keyring;
  vi.advanceTimersByTime(4_000);
  await expect(link.post(call)).rejects.toThrow(ServerRefused);
  expect(server.askedForKeys).toBe(1);
  vi.advanceTimersByTime(1_000);
  expect((await link.post(call)).status).toBe(200);
  expect(server.askedForKeys).toBe(2);
});

test('a session that could not be opened is not kept', async () => {
  let attempts = 0;
  const link = linkTo([], (key) => {
    attempts += 1;
    if (attempts === 1) throw new Error('no random bytes');
    return runtime.openSession(key);
  });
  await expect(link.post(call)).rejects.toThrow(ServerRefused);
  expect((await link.post(call)).status).toBe(200);
});

describe('an answer is not believed', () => {
  const open = { status: 200, headers: {}, body: '{"success":true,"clientId":"c"}' };

  test.each<[string, SealingServer['tamper']]>([
    ['that came in the open', () => open],
    ['that came in the open and says no', () => ({ ...open, status: 403, body: '{"success":false,"code":"REVOKED"}' })],
    ['that says it is sealed and is not', () => ({ ...open, headers: { 'x-apikee-encrypted': '1' } })],
    ['whose bytes were changed', (answer) => ({ ...answer, body: answer.body.replace(/"ct":"./, '"ct":"_') })],
    ['that is no JSON', (answer) => ({ ...answer, headers: {}, body: '<html>' })],
  ])('%s: it is an outage', async (_, tamper) => {
    server.answer = () => ({ status: 200, json: { success: false, code: 'REVOKED', status: 403 } });
    server.tamper = tamper;
    await expect(linkTo().post(call)).rejects.toThrow(ServerAway);
  });

  test('that answers another request of the same session', async () => {
    const link = linkTo();
    let first: string | undefined;
    server.tamper = (answer) => {
      first ??= answer.body;
      return { ...answer, body: first };
    };
    expect((await link.post(call)).status).toBe(200);
    await expect(link.post(call)).rejects.toThrow(ServerAway);
  });
});

describe('what the server says with its status', () => {
  test.each([
    [401, { error: 'UNAUTHENTICATED', message: 'no' }, ServerRefused],
    [403, { error: 'FORBIDDEN', message: 'no' }, ServerRefused],
    [400, { error: 'INVALID_INPUT', message: 'no' }, ServerRefused],
    [429, { error: 'TOO_MANY_REQUESTS', message: 'no' }, ServerAway],
    [500, { error: 'INTERNAL', message: 'no' }, ServerAway],
    [503, { error: 'UNAVAILABLE', message: 'no' }, ServerAway],
  ])('%i is a refusal of the application or an outage', async (status, json, kind) => {
    server.answer = () => ({ status, json });
    await expect(linkTo().post(call)).rejects.toThrow(kind);
  });

  test.each([
    [301, ServerRefused],
    [403, ServerRefused],
    [404, ServerRefused],
    [414, ServerRefused],
    [200, ServerAway],
    [408, ServerAway],
    [429, ServerAway],
    [502, ServerAway],
    [503, ServerAway],
  ])('%i with a page is the same, whether calls are answered by it or questions for the key', async (status, kind) => {
    const page = { status, headers: {}, body: '<html>' };
    server.tamper = () => page;
    await expect(linkTo().post(call)).rejects.toThrow(kind);
    server.send = async () => page;
    await expect(linkTo().post(call)).rejects.toThrow(kind);
  });

  test('409 for an envelope that came twice is an outage: made again, the call is taken', async () => {
    server.answer = () => ({ status: 409, json: { error: 'REPLAYED', message: 'already received' } });
    await expect(linkTo().post(call)).rejects.toThrow(ServerAway);
  });

  test.each([401, 403, 429])('%i with a verdict is a verdict', async (status) => {
    server.answer = () => ({ status, json: { success: false, status, code: 'REVOKED' } });
    expect((await linkTo().post(call)).json).toMatchObject({ success: false });
  });
});

test.each(['network', 'timeout', 'protocol'] as const)(
  'no answer (%s) is an outage, also of the keys',
  async (kind) => {
    const link = linkTo();
    await link.post(call);
    server.send = () => Promise.reject(new HttpFailure(kind, 'it broke'));
    await expect(link.post(call)).rejects.toThrow(ServerAway);
    await expect(linkTo().post(call)).rejects.toThrow(ServerAway);
  },
);
