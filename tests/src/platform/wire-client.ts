import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';

/**
 * A client that knows wire.md and nothing of our code: what it seals and reads is stated here anew, so that a mistake
 * shared by both sides of ours cannot hide.
 */
export interface Answer {
  status: number;
  headers: Headers;
  // The tests look into bodies of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  body: any;
}

export interface Envelope {
  v: string;
  epk: string;
  iv: string;
  ct: string;
}

const x25519SpkiPrefix = Buffer.from('302a300506032b656e032100', 'hex');

function publicKeyOf(raw: Buffer) {
  return createPublicKey({ key: Buffer.concat([x25519SpkiPrefix, raw]), format: 'der', type: 'spki' });
}

/** wire.md §2.1: seals `plaintext` to the server's public key (standard base64); `open` reads an enveloped reply. */
export function seal(
  serverPublicKey: string,
  plaintext: string | Buffer,
): { envelope: Envelope; open(reply: Envelope): string } {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  const keyFor = (peer: Buffer) =>
    Buffer.from(hkdfSync('sha256', diffieHellman({ privateKey, publicKey: publicKeyOf(peer) }), '', 'apikee-v1', 32));
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFor(Buffer.from(serverPublicKey, 'base64')), iv);
  const ct = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  const epk = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    envelope: { v: '1', epk: epk.toString('base64url'), iv: iv.toString('base64url'), ct: ct.toString('base64url') },
    open(reply) {
      const sealed = Buffer.from(reply.ct, 'base64url');
      const key = keyFor(Buffer.from(reply.epk, 'base64url'));
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(reply.iv, 'base64url'));
      decipher.setAuthTag(sealed.subarray(-16));
      return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString('utf8');
    },
  };
}

export interface Caller {
  url: string;
  /** Headers of every call: the credential. */
  headers: Record<string, string>;
}

/** One call below `/api/v1`; a body that is a string goes as it is. */
export async function call(
  caller: Caller,
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const response = await fetch(`${caller.url}/api/v1${path}`, {
    method,
    redirect: 'manual',
    headers: { ...caller.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export interface ValidateOptions {
  key?: string;
  clientId?: string;
  methodPath?: string;
  projectEnv?: string;
  timestamp?: string;
  headers?: Record<string, unknown>;
}

/** The facts of one request of a customer, as an SDK states them (wire.md §2.3). */
export function facts({ key, timestamp, headers }: ValidateOptions): Record<string, unknown> {
  return {
    name: 'e2e',
    timestamp: timestamp ?? new Date().toISOString(),
    headers: headers ?? { 'X-Api-Key': key, 'User-Agent': 'wire-client' },
    payload: { ignored: true },
  };
}

export function validatePath({
  clientId = 'self',
  methodPath = 'GET:::/users/1 2',
  projectEnv,
}: ValidateOptions): string {
  const query = new URLSearchParams({
    ...(projectEnv === undefined ? {} : { project_env: projectEnv }),
    method_path: methodPath,
  });
  return `/client/${clientId}?${query}`;
}

export function validatePlain(caller: Caller, options: ValidateOptions): Promise<Answer> {
  return call(caller, 'POST', validatePath(options), { body: facts(options) });
}

export function validateSealed(caller: Caller, serverPublicKey: string, options: ValidateOptions): Promise<Answer> {
  const { envelope } = seal(serverPublicKey, JSON.stringify(facts(options)));
  return call(caller, 'POST', validatePath(options), { body: envelope, headers: { 'X-Apikee-Encrypted': '1' } });
}
