import { rename, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { EncryptionKeys } from '@keyward/contract/routes/encryption-keys';
import { createKeyringEntry, keyringOf, printKeyring } from '@keyward/envelope/keyring';
import { sealV1 } from '@keyward/envelope/v1/seal';
import { systemClock } from '@keyward/kit/clock';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { clientId, facts, type GatewayFixture, post, serverKey, startGateway } from './gateway-fixture.ts';
import { startValidatorTwin } from './validator-twin.ts';

const own = new AsyncDisposableStack();
const keysPath = '/api/v1/.well-known/encryption-keys';
let gateway: GatewayFixture;
beforeAll(async () => {
  const validator = own.use(await startValidatorTwin());
  gateway = own.use(await startGateway({ validatorUrls: [validator.url] }));
});
afterAll(() => own.disposeAsync());

describe('every answer is a JSON object, and no redirect', () => {
  const request = (line: string, ...headers: string[]) =>
    [line, 'host: x', 'connection: close', ...headers].join('\r\n');
  const post = (path: string, ...headers: string[]) =>
    request(`POST ${path} HTTP/1.1`, 'content-type: application/json', 'content-length: 2', ...headers);

  it.each<[string, number, string, string?]>([
    ['an unknown route', 404, request('GET /nothing HTTP/1.1')],
    ['the root', 404, request('GET / HTTP/1.1')],
    ['a folder', 404, request('GET /api/v1 HTTP/1.1')],
    ['doubled slashes', 404, request('GET //api//v1//client HTTP/1.1')],
    ['an absolute target', 404, request('GET http://elsewhere/nothing HTTP/1.1')],
    ['an internal route', 404, request('GET /internal/v1/decisions HTTP/1.1')],
    ['a broken escape', 400, request('GET /api/v1/client/%zz HTTP/1.1')],
    ['a broken escape in an id', 400, post('/api/v1/client/%E0%A4%A?method_path=GET:/a'), '{}'],
    ['OPTIONS', 405, request('OPTIONS /api/v1/client HTTP/1.1')],
    ['TRACE', 405, request('TRACE /api/v1/client HTTP/1.1')],
    ['POST of what is no client', 401, post('/api/v1/client/templates'), '{}'],
    ['POST beside an id', 503, post('/api/v1/key/bulk', `x-api-key: ${serverKey}`), '{}'],
    ['OPTIONS of an unknown route', 404, request('OPTIONS /api/v1/nothing HTTP/1.1')],
    ['a method that no route knows', 404, request('PROPFIND /api/v1/client HTTP/1.1')],
    ['POST of the encryption keys', 405, post(keysPath), '{}'],
    ['a slash behind the encryption keys', 200, request(`GET ${keysPath}/ HTTP/1.1`)],
    ['validate without a body', 415, request(`POST /api/v1/client/${clientId} HTTP/1.1`, 'content-length: 0')],
    [
      'a broken content type',
      415,
      request(`POST /api/v1/client/${clientId} HTTP/1.1`, 'content-type: ;;', 'content-length: 2'),
      '{}',
    ],
    [
      'two values of X-Apikee-Encrypted',
      400,
      post(
        `/api/v1/client/${clientId}?method_path=GET:/a`,
        `x-api-key: ${serverKey}`,
        'x-apikee-encrypted: 1',
        'x-apikee-encrypted: 1',
      ),
      '{}',
    ],
    ['an upgrade', 404, request('GET /nothing HTTP/1.1', 'connection: upgrade', 'upgrade: websocket')],
    ['an expectation that nobody knows', 404, request('GET /nothing HTTP/1.1', 'expect: cake')],
    ['management that is away', 503, request('GET /api/v1/client HTTP/1.1', `x-api-key: ${serverKey}`)],
    ['management without a credential', 401, request('GET /api/v1/client HTTP/1.1')],
    ['management with a key that cannot be', 401, request('GET /api/v1/client HTTP/1.1', 'x-api-key: sk_live_1')],
    ['no HTTP', 400, 'garbage'],
    ['a method that nobody knows', 400, request('BREW /coffee HTTP/1.1')],
    ['a tunnel', 405, 'CONNECT elsewhere:443 HTTP/1.1\r\nhost: x'],
    ['no Host', 400, 'GET / HTTP/1.1\r\nconnection: close'],
    ['HTTP/1.0 without Host', 404, 'GET / HTTP/1.0'],
    ['two lengths', 400, request('POST / HTTP/1.1', 'content-length: 1', 'content-length: 2')],
    ['a length and chunks', 400, request('POST / HTTP/1.1', 'content-length: 1', 'transfer-encoding: chunked')],
    ['a header without end', 400, request('GET / HTTP/1.1', `x: ${'x'.repeat(80_000)}`)],
    ['a header with a line break', 400, request('GET / HTTP/1.1', 'x: a\rb')],
    [
      'a body shorter than told, closed',
      400,
      request('POST /nothing HTTP/1.1', 'content-type: application/json', 'transfer-encoding: chunked'),
      'zz\r\n',
    ],
  ])('%s: %i', async (_what, status, head, body = '') => {
    const text = await raw(`${head}\r\n\r\n${body}`);
    expect(Number(text.split(' ')[1])).toBe(status);
    const json = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
    expect(json).toBeTypeOf('object');
    if (status < 400) return;
    expect(text).toMatch(/content-type: application\/problem\+json/i);
    expect(json).toMatchObject({
      status,
      error: expect.any(String),
      message: expect.any(String),
      requestId: expect.any(String),
    });
  });

  it('HEAD has the status and no body', async () => {
    const response = await fetch(gateway.url + keysPath, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    const headers = { 'x-api-key': serverKey };
    expect((await fetch(`${gateway.url}/api/v1/client`, { method: 'HEAD', headers })).status).toBe(503);
  });

  it('a method that is not allowed is told which are', async () => {
    const response = await fetch(`${gateway.url}/api/account/api-keys`, { method: 'OPTIONS' });
    expect(response.headers.get('allow')).toBe('GET, POST, HEAD');
  });

  it('a request id from outside is not taken over', async () => {
    const response = await fetch(`${gateway.url}/nothing`, { headers: { 'x-keyward-request-id': 'forged' } });
    expect(await response.text()).not.toContain('forged');
  });
});

describe('the encryption keys', () => {
  it('are public and cacheable, each complete', async () => {
    const response = await fetch(gateway.url + keysPath);
    expect(response.headers.get('cache-control')).toBe('public, max-age=300');
    expect(await response.json()).toEqual({
      keys: [
        {
          kid: gateway.key.kid,
          alg: 'X25519-HKDF-SHA256-A256GCM',
          public_key: gateway.key.publicKey.toString('base64'),
          fingerprint: gateway.key.fingerprint,
          not_before: new Date(gateway.key.notBeforeMs).toISOString(),
          not_after: null,
          current: true,
        },
      ],
      versions: ['1', '2'],
    });
  });

  it('change with the file, without a restart; a broken file changes nothing', async () => {
    const validator = own.use(await startValidatorTwin());
    await using changing = await startGateway({ validatorUrls: [validator.url] });
    const kids = async () => {
      const { keys } = (await (await fetch(changing.url + keysPath)).json()) as EncryptionKeys; // its shape is tested above
      return keys.map(({ kid }) => kid);
    };
    const headers = { 'X-Apikee-Encrypted': '1' };
    const validateWith = (key: typeof changing.key) =>
      post(changing, {
        headers,
        body: sealV1({ recipientPublicKey: key.publicKey, plaintext: JSON.stringify(facts) }),
      });
    const [second, third] = [1, 2].map(() => createKeyringEntry({ nowMs: systemClock.nowMs() - 500 })) as [
      typeof changing.key,
      typeof changing.key,
    ]; // two were made

    await writeFile(changing.keyringFile, printKeyring(keyringOf([changing.key, second])));
    await vi.waitFor(async () => expect(await kids()).toEqual([second.kid, changing.key.kid]), 5000);
    for (const key of [changing.key, second]) expect((await validateWith(key)).json.success).toBe(true);
    expect((await validateWith(third)).json.error).toBe('INVALID_ENVELOPE');

    await writeFile(changing.keyringFile, '{"keys": [{"kid"');
    await writeFile(`${changing.keyringFile}.new`, printKeyring(keyringOf([third])));
    expect((await validateWith(second)).json.success).toBe(true);
    await rename(`${changing.keyringFile}.new`, changing.keyringFile);
    await vi.waitFor(async () => expect(await kids()).toEqual([third.kid]), 5000);
    expect((await validateWith(changing.key)).json.error).toBe('INVALID_ENVELOPE');
    expect((await validateWith(third)).json.success).toBe(true);
  });
});

describe('readiness', () => {
  it('needs a validator that is ready', async () => {
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    await using alone = await startGateway({ validatorUrls: ['http://127.0.0.1:1'] });
    expect((await fetch(`${alone.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${alone.url}/healthz`)).status).toBe(200);
  });
});

async function raw(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
  socket.write(bytes);
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}
