import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { createEphemeralKey } from '@keyward/envelope/ephemeral-key';
import { sealV1 } from '@keyward/envelope/v1/seal';
import { issueOpaqueKey } from '@keyward/keyformat/opaque-key';
import { systemClock } from '@keyward/kit/clock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { clientId, type GatewayFixture, post, serverKey, serviceToken, startGateway } from './gateway-fixture.ts';
import { startTwin } from './twin.ts';

interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

const own = new AsyncDisposableStack();
const json = { 'content-type': 'application/json; charset=utf-8' };
const seen: Seen[] = [];
let answer: { status: number; headers: OutgoingHttpHeaders; body: string } | 'hold';
let held: (response: ServerResponse) => void = () => undefined;
let gateway: GatewayFixture;
beforeAll(async () => {
  const admin = await startTwin(({ raw, body }, response) => {
    seen.push({ method: raw.method, url: raw.url, headers: raw.headers, body });
    if (answer === 'hold') held(response);
    else response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  own.use(admin);
  const environment = { ADMIN_TIMEOUT_MS: '300' };
  gateway = own.use(await startGateway({ validatorUrls: ['http://127.0.0.1:1'], adminUrl: admin.url, environment }));
});
afterAll(() => own.disposeAsync());
beforeEach(() => {
  seen.length = 0;
  answer = { status: 200, headers: json, body: '{"ok":true}' };
});

const seal = (plaintext: string) => sealV1({ recipientPublicKey: gateway.key.publicKey, plaintext });

describe('a management call', () => {
  it.each([
    ['GET', '/api/v1/client?project_env=shop-production&page=2'],
    ['POST', '/api/v1/client/?project_env=a%2Bb'],
    ['POST', `/api/v1/client/${clientId}/rotations/1/claim`],
    ['GET', `/api/v1/client/${clientId}`],
    ['PUT', `/api/v1/client/${clientId}`],
    ['DELETE', `/api/v1/client/${clientId}?keyId=a%20b`],
    ['PATCH', '/api/v1/key/1?a=1&a=2'],
    ['POST', '/api/account/api-keys'],
    ['GET', `/api/v1/${'long/'.repeat(200)}`],
  ])('%s %s is forwarded untouched', async (method, path) => {
    const body = method === 'GET' ? null : '{"a" : 1}';
    const response = await fetch(gateway.url + path, {
      method,
      body,
      headers: { 'content-type': 'application/json', 'x-api-key': serverKey },
    });
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
    expect(seen).toMatchObject([{ method, url: path, body: body ?? '' }]);
  });

  it('carries the service token, the caller, and a request id', async () => {
    const response = await post(gateway, { path: '/api/v1/client', body: {} });
    expect(response.status).toBe(200);
    expect(seen[0]?.headers).toMatchObject({
      'x-keyward-service-token': serviceToken,
      'x-keyward-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-forwarded-for': expect.stringContaining('127.0.0.1'),
      'x-api-key': serverKey,
    });
    expect(seen[0]?.headers).not.toHaveProperty('x-keyward-from-sdk');
    expect(seen[0]?.headers).not.toHaveProperty('x-keyward-replay-id');
  });

  it('brings credentials and conditions along; cookies, hop-by-hop and our own headers stay outside', async () => {
    const passing = {
      authorization: `Bearer ${issueOpaqueKey('xyp')}`,
      'idempotency-key': 'k',
      'if-match': '"1"',
      accept: 'application/json',
    };
    const ours = {
      'x-keyward-service-token': 'forged',
      'x-keyward-request-id': 'forged',
      'X-Keyward-From-Sdk': '1',
      'x-keyward-replay-id': 'r',
      'x-keyward-other': 'o',
    };
    const dropped = { cookie: 'session=1', te: 'trailers', 'proxy-authorization': 'p', 'x-other': 'o' };
    await rawCall({ ...passing, ...ours, ...dropped, connection: 'close, x-other' });
    const headers = seen[0]?.headers ?? {};
    expect(headers).toMatchObject({ ...passing, 'x-keyward-service-token': serviceToken });
    expect(JSON.stringify(headers)).not.toContain('forged');
    for (const name of ['x-keyward-from-sdk', 'x-keyward-replay-id', 'x-keyward-other', ...Object.keys(dropped)]) {
      expect(headers).not.toHaveProperty(name);
    }
  });

  it('that came in an envelope is opened, and marked as an SDK’s with its replay id', async () => {
    const text = '{ "name": "acme" }';
    const envelope = seal(text);
    const headers = { 'X-Apikee-Encrypted': '1' };
    expect((await post(gateway, { path: '/api/v1/client', headers, body: envelope })).json).toEqual({ ok: true });
    await post(gateway, { path: '/api/v1/client', headers, body: envelope });
    await post(gateway, { path: '/api/v1/client', headers, body: seal(text) });
    expect(seen.map(({ body }) => body)).toEqual([text, text, text]);
    expect(seen[0]?.headers).toMatchObject({ 'x-keyward-from-sdk': '1', 'content-type': 'application/json' });
    const ids = seen.map((call) => call.headers['x-keyward-replay-id']);
    expect(ids[0]).toMatch(/^[\w-]{43}$/);
    expect([ids[1] === ids[0], ids[2] === ids[0]]).toEqual([true, false]);
  });

  it('with X-Apikee-Encrypted: 0 is plain, and an SDK’s', async () => {
    await post(gateway, { path: '/api/v1/endpoint', headers: { 'X-Apikee-Encrypted': '0' }, body: { a: 1 } });
    expect(seen[0]?.headers).toHaveProperty('x-keyward-from-sdk', '1');
    expect(seen[0]?.headers).not.toHaveProperty('x-keyward-replay-id');
    expect(seen[0]?.body).toBe('{"a":1}');
  });

  it('whose envelope does not open is not forwarded', async () => {
    const headers = { 'X-Apikee-Encrypted': '1' };
    const stranger = sealV1({ recipientPublicKey: createEphemeralKey().publicKey, plaintext: '{}' });
    for (const body of [stranger, seal('no json'), seal('['.repeat(40)), {}, '']) {
      const response = await post(gateway, { path: '/api/v1/client', headers, body });
      expect(response.json).toMatchObject({ status: 400, error: 'INVALID_ENVELOPE' });
    }
    expect(seen).toHaveLength(0);
  });

  it('of 1 MB passes, of more is 413', async () => {
    const text = (bytes: number) => `"${'x'.repeat(bytes - 2)}"`;
    expect((await post(gateway, { path: '/api/v1/client', body: text(1_048_576) })).status).toBe(200);
    const response = await post(gateway, { path: '/api/v1/client', body: text(1_048_577) });
    expect(response.json).toMatchObject({ status: 413, error: 'TOO_LARGE' });
  });

  it.each(['/api/v1/../internal', '/api/v1/%2e%2E/internal', '/api/account/./x', '/api/v1/a/..'])(
    'whose path is %s is refused: it would leave the public prefix behind some proxy',
    async (path) => {
      const text = await rawCall({}, path);
      expect(text).toMatch(/^HTTP\/1\.1 400/);
      expect(text).toContain('"BAD_REQUEST"');
      expect(seen).toHaveLength(0);
    },
  );
});

describe('a request target', () => {
  it('in absolute form is forwarded by its path, to admin-api and nowhere else', async () => {
    expect(await rawCall({}, 'http://elsewhere/api/v1/client?a=1')).toMatch(/^HTTP\/1\.1 200/);
    expect(seen[0]?.url).toBe('/api/v1/client?a=1');
  });

  it('may hold dot segments in its query', async () => {
    expect(await rawCall({}, '/api/v1/client?name=/a/../b')).toMatch(/^HTTP\/1\.1 200/);
  });
});

describe('the answer of admin-api', () => {
  it.each([201, 400, 404, 409, 429, 500, 503])('of status %i passes with its body and type', async (status) => {
    const type = 'application/problem+json; charset=utf-8';
    answer = { status, headers: { 'content-type': type, 'retry-after': '3' }, body: '{"error":"X"}' };
    const response = await post(gateway, { path: '/api/v1/client', body: {} });
    expect([response.status, response.text]).toEqual([status, '{"error":"X"}']);
    expect([response.headers.get('content-type'), response.headers.get('retry-after')]).toEqual([type, '3']);
  });

  it('passes as it comes where it is an export in lines, however long it takes', async () => {
    answer = 'hold';
    const begun = Promise.withResolvers<ServerResponse>();
    held = begun.resolve;
    const asking = fetch(`${gateway.url}/api/v1/audit/export`, { headers: { 'x-api-key': serverKey } });
    const lines = await begun.promise;
    lines.writeHead(200, { 'content-type': 'application/x-ndjson', 'content-disposition': 'attachment' });
    lines.write('{"seq":1}\n');
    const response = await asking;
    expect(response.headers.get('content-disposition')).toBe('attachment');
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: '{"seq":1}\n' });
    // As long as any other call may take.
    expect((await post(gateway, { path: '/api/v1/client', body: {} })).status).toBe(503);
    lines.write('{"seq":2}\n');
    expect(await reader?.read()).toEqual({ done: false, value: '{"seq":2}\n' });
    lines.destroy();
    await expect(reader?.read()).rejects.toThrow();
  });

  it('loses its cookies', async () => {
    answer = { status: 200, headers: { ...json, 'set-cookie': 'a=1' }, body: '[]' };
    const response = await post(gateway, { path: '/api/v1/client', body: {} });
    expect([response.text, response.headers.has('set-cookie')]).toEqual(['[]', false]);
  });

  it.each([
    ['a redirect', { status: 302, headers: { ...json, location: 'http://elsewhere/' }, body: '{}' }],
    ['not modified', { status: 304, headers: {}, body: '' }],
    ['a page', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' }],
    ['no content', { status: 204, headers: {}, body: '' }],
    ['an empty body', { status: 200, headers: json, body: '' }],
    ['JSON by name only', { status: 502, headers: json, body: 'Bad gateway' }],
    ['nothing in time', 'hold' as const],
  ])('that is %s becomes a problem in JSON: 503 with Retry-After', async (_what, given) => {
    answer = given;
    const response = await post(gateway, { path: '/api/v1/client', body: {} });
    expect(response.json).toMatchObject({ status: 503, error: 'UNAVAILABLE' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(response.headers.has('location')).toBe(false);
  });

  it('when it is away: 503 with Retry-After, at once', async () => {
    await using alone = await startGateway({ validatorUrls: ['http://127.0.0.1:1'] });
    const startedMs = systemClock.monotonicMs();
    const response = await post(alone, { path: '/api/v1/client', body: {} });
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(systemClock.monotonicMs() - startedMs).toBeLessThan(1000);
  });
});

/** fetch sets and withholds headers of its own. */
async function rawCall(headers: Record<string, string>, path = '/api/v1/client'): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  const credential = headers.authorization === undefined ? { 'x-api-key': serverKey } : {};
  const lines = Object.entries({ host: 'x', connection: 'close', ...credential, ...headers }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}
