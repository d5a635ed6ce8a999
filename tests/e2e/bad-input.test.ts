import { describeStacks } from '@keyward/tests/backends/describe-backends';
import {
  newClient,
  runPlatform,
  type TestClient,
  type TestEnvironment,
  type TestPlatform,
} from '@keyward/tests/platform/run-platform';
import {
  type Answer,
  call,
  type Envelope,
  facts,
  seal,
  validatePath,
  validateSealed,
} from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** Every listed point of small order on Curve25519 (RFC 7748 §7 speaks of them), little endian. */
const lowOrderPoints = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

describeStacks('bad input to a whole platform', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;
  let client: TestClient;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
    environment = await platform.newEnvironment();
    client = await newClient(environment);
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const sealed = (text: string) => seal(platform.serverPublicKey, text).envelope;
  const send = (body: unknown) =>
    call(environment, 'POST', validatePath({}), { body, headers: { 'X-Apikee-Encrypted': '1' } });
  const flip = (text: string, byte: number) => {
    const bytes = Buffer.from(text, 'base64url');
    const at = byte < 0 ? bytes.length + byte : byte;
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    return bytes.toString('base64url');
  };

  it('in an envelope gives one 400 for every fault of the envelope, identical but for requestId', async () => {
    const good = sealed(JSON.stringify(facts({ key: client.key })));
    const change = (fields: Partial<Record<keyof Envelope, unknown>>) => ({ ...good, ...fields });
    const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    const bad: Record<string, unknown> = {
      'a wrong version': change({ v: '3' }),
      'a version that is a number': change({ v: 1 }),
      'no epk': change({ epk: undefined }),
      'no iv': change({ iv: undefined }),
      'no ct': change({ ct: undefined }),
      'no fields': {},
      'an array': [good],
      'a string': JSON.stringify('envelope'),
      'a null': 'null',
      'no JSON': '{"v":"1",',
      'an extra-long epk': change({ epk: 'A'.repeat(100_000) }),
      'an epk of 31 bytes': change({ epk: Buffer.alloc(31, 9).toString('base64url') }),
      'an epk of 33 bytes': change({ epk: Buffer.alloc(33, 9).toString('base64url') }),
      'an iv of 11 bytes': change({ iv: Buffer.alloc(11).toString('base64url') }),
      'an iv of 16 bytes': change({ iv: Buffer.alloc(16).toString('base64url') }),
      'a ct shorter than its tag': change({ ct: Buffer.alloc(15).toString('base64url') }),
      'padded base64': change({ epk: `${good.epk}=` }),
      'standard base64': change({ epk: Buffer.alloc(32, 0xfb).toString('base64').slice(0, 43) }),
      'a flipped bit in epk': change({ epk: flip(good.epk, 0) }),
      'a flipped bit in iv': change({ iv: flip(good.iv, 5) }),
      'a flipped bit in ct': change({ ct: flip(good.ct, 0) }),
      'a flipped bit in the tag': change({ ct: flip(good.ct, -1) }),
      'a plaintext that is not JSON': sealed('hello'),
      'a plaintext that is not UTF-8': seal(platform.serverPublicKey, Buffer.from([0x7b, 0xff, 0x7d])).envelope,
      'a plaintext that is too deep': sealed(deep),
      'an empty plaintext': sealed(''),
    };
    for (const point of lowOrderPoints) {
      bad[`the low-order point ${point.slice(0, 8)}…`] = change({
        epk: Buffer.from(point, 'hex').toString('base64url'),
      });
    }
    const seen = new Map<string, string>();
    for (const [name, body] of Object.entries(bad)) {
      const answer = await send(body);
      seen.set(name, JSON.stringify({ status: answer.status, body: { ...answer.body, requestId: '' } }));
    }
    expect(JSON.parse(seen.get('a wrong version') ?? '')).toMatchObject({
      status: 400,
      body: { error: 'INVALID_ENVELOPE' },
    });
    for (const [name, answer] of seen) expect(`${name}: ${answer}`).toBe(`${name}: ${seen.get('a wrong version')}`);
  });

  it('of a megabyte is 413, sealed or plain', async () => {
    const big = JSON.stringify({ ...facts({ key: client.key }), payload: 'x'.repeat(1_048_576) });
    const plain = await call(environment, 'POST', validatePath({}), { body: big });
    expect(plain).toMatchObject({ status: 413, body: { error: 'TOO_LARGE' } });
    expect(await send(sealed(big))).toMatchObject({ status: 413, body: { error: 'TOO_LARGE' } });
  });

  it('that opens but misses facts names each of them', async () => {
    const answer = await send(sealed(JSON.stringify({ timestamp: 'yesterday', headers: 'x' })));
    expect(answer.status).toBe(400);
    expect(answer.body.errors.map((fault: { path: string }) => fault.path).sort()).toEqual(['/headers', '/timestamp']);
  });

  it('in the query is refused by name', async () => {
    const body = facts({ key: client.key });
    for (const query of ['', '?method_path=GET', '?method_path=GET:users', '?method_path=G%20T:/x']) {
      const answer = await call(environment, 'POST', `/client/self${query}`, { body });
      expect(answer).toMatchObject({ status: 400, body: { error: 'INVALID_INPUT' } });
      expect(answer.body.message).toContain('method_path');
    }
  });

  it('is answered with a JSON object and no redirect, wherever it goes', async () => {
    const odd: [string, string, Record<string, unknown>?][] = [
      ['GET', '/nowhere'],
      ['GET', '/client/'],
      ['GET', '//client'],
      ['PATCH', '/client', {}],
      ['DELETE', '/client'],
      ['POST', '/client/%ff', {}],
      ['POST', `/client/${'a'.repeat(500)}`, {}],
      ['GET', '/client/../../x'],
      ['POST', '/client/self?method_path=GET:/x', {}],
      ['GET', '/.well-known/encryption-keys'],
    ];
    for (const [method, path, body] of odd) {
      const answer: Answer = await call(environment, method, path, body === undefined ? {} : { body });
      expect([method, path, typeof answer.body, Array.isArray(answer.body)]).toEqual([method, path, 'object', false]);
      expect(answer.status < 300 || answer.status >= 400, `${method} ${path}: ${answer.status}`).toBe(true);
    }
  });

  it('that an end user controls never becomes an error, which SDKs would take for an outage and let through', async () => {
    const path = `/search/${'x'.repeat(15_000)}?q=${'y'.repeat(5_000)}`;
    const odd: [string, Record<string, unknown>][] = [
      ['GET:/a', { ['__proto__']: 'x', constructor: 'y', 'x-api-key': 'bad' }],
      [`GET:${path}`, { 'x-api-key': 'bad' }],
      ['M-SEARCH:/x', { 'x-api-key': 'bad' }],
      ['GET:/%00\u0000', { 'x-api-key': 'bad', 'user-agent': '\u0000\ud800' }],
      ['GET:/a', { 'x-api-key': ['bad', 'worse'] }],
    ];
    for (const [methodPath, headers] of odd) {
      const body = JSON.stringify(facts({ headers })).replace('"constructor"', '"__proto__":"z","constructor"');
      const answer = await call(environment, 'POST', validatePath({ methodPath }), { body });
      expect([methodPath.slice(0, 20), answer.status, answer.body.code]).toEqual([
        methodPath.slice(0, 20),
        200,
        'INVALID_KEY',
      ]);
    }
    const good = await call(environment, 'POST', validatePath({ methodPath: `GET:${path}` }), {
      body: JSON.stringify(facts({ key: client.key })).replace('"X-Api-Key"', '"__proto__":"z","X-Api-Key"'),
    });
    expect(good.body).toMatchObject({ success: true, method_path: `GET:${path}` });
  });

  it('leaves the service up', async () => {
    const answer = await validateSealed(environment, platform.serverPublicKey, { key: client.key });
    expect(answer).toMatchObject({ status: 200, body: { success: true } });
  });
});
