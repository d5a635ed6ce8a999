import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import {
  newClient,
  runPlatform,
  type TestClient,
  type TestEnvironment,
  type TestPlatform,
} from '@keyward/tests/platform/run-platform';
import { call, facts, seal, validatePath, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const p256 = ec('P-256');
const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }).toString();

describeStacks('request signatures', (stack) => {
  let platform: TestPlatform;
  let environment: TestEnvironment;
  let client: TestClient;

  beforeAll(async () => {
    platform = await runPlatform(await stack.url());
  });
  beforeEach(async () => {
    environment = await platform.newEnvironment();
    client = await newClient(environment);
  });
  afterAll(() => platform?.[Symbol.asyncDispose]());

  const add = (publicKey: string, name = 'app') =>
    call(environment, 'POST', '/request-key', { body: { name, publicKey } });
  const require = () => call(environment, 'PUT', '/settings', { body: { requestSignature: 'required' } });

  interface Signing {
    clientId?: string;
    methodPath?: string;
    /** What is signed instead of what is sent. */
    over?: string;
    sealed?: boolean;
  }

  /** The verdict on a request that is signed with this key, or with this text, or not at all. */
  async function ask(signer: KeyObject | string | undefined, signing: Signing = {}): Promise<string> {
    const { clientId = 'self', methodPath = 'GET:::/users/1 2?x=%7C', over, sealed = false } = signing;
    const timestamp = new Date().toISOString().replace('Z', '000Z');
    const text = over ?? `${clientId}|${methodPath}|${timestamp}`;
    const signature =
      typeof signer === 'object' ? sign('sha256', Buffer.from(text), signer).toString('base64url') : signer;
    const body = facts({ key: client.key, timestamp });
    const { envelope } = seal(platform.serverPublicKey, JSON.stringify(body));
    const answer = await call(environment, 'POST', validatePath({ clientId, methodPath }), {
      body: sealed ? envelope : body,
      headers: {
        ...(sealed ? { 'X-Apikee-Encrypted': '1' } : {}),
        ...(signature === undefined ? {} : { 'X-Apikee-Signature': signature }),
      },
    });
    return answer.body.success ? 'ALLOWED' : `${answer.body.status} ${answer.body.code}`;
  }

  it('are not looked at before the environment has a key, and then from the very next request on', async () => {
    expect(await ask(p256.privateKey)).toBe('ALLOWED');
    expect(await ask('nonsense')).toBe('ALLOWED');
    const { body: added } = await add(pem(rsa.publicKey));
    expect(await ask(undefined)).toBe('ALLOWED');
    expect(await ask('nonsense')).toBe('401 SIGNATURE_INVALID');
    expect(await ask('')).toBe('401 SIGNATURE_INVALID');
    expect(await ask(p256.privateKey)).toBe('401 SIGNATURE_INVALID');
    expect(await ask(rsa.privateKey)).toBe('ALLOWED');
    await add(pem(p256.publicKey));
    expect([await ask(p256.privateKey), await ask(rsa.privateKey)]).toEqual(['ALLOWED', 'ALLOWED']);
    expect((await call(environment, 'DELETE', `/request-key/${added.id}`)).body).toEqual({ success: true });
    expect([await ask(p256.privateKey), await ask(rsa.privateKey)]).toEqual(['ALLOWED', '401 SIGNATURE_INVALID']);
  });

  it('may be required, and are then missed, with a key or without', async () => {
    await require();
    expect(await ask(undefined)).toBe('401 SIGNATURE_REQUIRED');
    expect(await ask(p256.privateKey)).toBe('401 SIGNATURE_INVALID');
    await add(pem(p256.publicKey));
    expect(await ask(undefined)).toBe('401 SIGNATURE_REQUIRED');
    expect(await ask(p256.privateKey)).toBe('ALLOWED');
  });

  it('are over the texts as they were sent: the client in its letters, the path, the timestamp', async () => {
    await add(pem(p256.publicKey));
    expect(await ask(p256.privateKey, { clientId: client.id.toUpperCase() })).toBe('ALLOWED');
    expect(await ask(p256.privateKey, { clientId: client.id, sealed: true })).toBe('ALLOWED');
    expect(await ask(p256.privateKey, { methodPath: 'get:/a//b/', sealed: true })).toBe('ALLOWED');
    expect(await ask(p256.privateKey, { over: `self|GET:/users|${new Date().toISOString()}` })).toBe(
      '401 SIGNATURE_INVALID',
    );
    expect(await ask(p256.privateKey, { methodPath: 'GET:/a|b' })).toBe('401 SIGNATURE_INVALID');
  });

  it('leave a refused key refused, and consume nothing of a limit when they are false', async () => {
    await require();
    await add(pem(p256.publicKey));
    const rateLimit = { requests: 1, window: 'day' };
    await call(environment, 'PUT', `/client/${client.id}`, { body: { keys: [{ id: client.keyId, rateLimit }] } });
    expect(await ask('nonsense')).toBe('401 SIGNATURE_INVALID');
    expect(await ask(p256.privateKey)).toBe('ALLOWED');
    expect(await ask(p256.privateKey)).toBe('429 RATE_LIMITED');
    await call(environment, 'DELETE', `/client/${client.id}?keyId=${client.keyId}`);
    expect(await ask(undefined)).toBe('403 REVOKED');
    expect((await validatePlain(environment, { key: 'apikee_un.known' })).body.code).toBe('INVALID_KEY');
  });

  describe('are verified by public keys', () => {
    it('that are told by their fingerprint, kind and size, and added once', async () => {
      const pkcs1 = rsa.publicKey.export({ format: 'pem', type: 'pkcs1' }).toString();
      const added = await add(pkcs1, 'shop');
      const spki = rsa.publicKey.export({ format: 'der', type: 'spki' });
      expect(added).toMatchObject({
        status: 201,
        body: {
          name: 'shop',
          type: 'RSA',
          bits: 2_048,
          fingerprint: createHash('sha256').update(spki).digest('hex'),
          publicKey: pem(rsa.publicKey),
        },
      });
      expect(await add(pem(rsa.publicKey), 'again')).toMatchObject({
        status: 409,
        body: { error: 'ALREADY_EXISTS', existingId: added.body.id },
      });
      for (const [curve, bits] of [
        ['P-256', 256],
        ['P-384', 384],
        ['P-521', 521],
      ] as const) {
        expect((await add(`\n${pem(ec(curve).publicKey)}\n`)).body).toMatchObject({ type: 'EC', bits });
      }
      const { body } = await call(environment, 'GET', '/request-key?limit=3');
      expect(body.pagination).toEqual({ total: 4, page: 1, limit: 3, pages: 2 });
      expect(body.data.map((key: { bits: number }) => key.bits)).toEqual([521, 384, 256]);
    });

    it('of which an environment holds ten', async () => {
      for (let i = 0; i < 10; i += 1) expect((await add(pem(ec('P-256').publicKey))).status).toBe(201);
      expect(await add(pem(p256.publicKey))).toMatchObject({ status: 409, body: { error: 'CONFLICT' } });
    });

    it('of this environment only', async () => {
      const { body: added } = await add(pem(p256.publicKey));
      const other = await platform.newEnvironment();
      expect((await call(other, 'GET', '/request-key')).body.data).toEqual([]);
      expect(await call(other, 'DELETE', `/request-key/${added.id}`)).toMatchObject({ status: 404 });
      expect(
        (await call(other, 'POST', '/request-key', { body: { name: 'x', publicKey: pem(p256.publicKey) } })).status,
      ).toBe(201);
      expect(await ask('nonsense')).toBe('401 SIGNATURE_INVALID');
    });

    it.each([
      ['a private key', rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }), 'is a private key'],
      ['no key', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ== me@home', 'is not PEM'],
    ])('but not by %s, and the answer says why without quoting it', async (_, text, reason) => {
      const publicKey = String(text);
      const answer = await add(publicKey);
      expect(answer).toMatchObject({
        status: 400,
        body: { error: 'INVALID_INPUT', errors: [{ path: '/publicKey', message: expect.stringContaining(reason) }] },
      });
      const quotable = publicKey.split(/\s+/).filter((text) => text.length > 20);
      expect(quotable).not.toEqual([]);
      for (const text of quotable) expect(JSON.stringify(answer.body)).not.toContain(text);
    });

    it('with a name, and with nothing more', async () => {
      const publicKey = pem(p256.publicKey);
      for (const body of [{ publicKey }, { name: '', publicKey }, { name: 'x', publicKey, private: true }])
        expect((await call(environment, 'POST', '/request-key', { body })).status).toBe(400);
    });
  });
});
