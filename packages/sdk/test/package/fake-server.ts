import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKeyringEntry, keyringOf, publicKeys } from '@keyward/envelope/keyring';
import { openV1 } from '@keyward/envelope/v1/open';
import { parseEnvelopeV1 } from '@keyward/envelope/v1/wire';
import { openV2 } from '@keyward/envelope/v2/open-request';
import { sealReplyV2 } from '@keyward/envelope/v2/seal';
import { parseEnvelopeV2 } from '@keyward/envelope/v2/wire';
import { verifyRequestSignature } from '../../src/node/request-signature.ts';

export interface FakeServerOptions {
  version: '1' | '2';
  /** PEM: validations have to be signed with its private half. */
  publicKey: string;
  /** Answers come after it. */
  before?: (path: string) => Promise<void>;
}

/** Speaks as a gateway does, and lets everything through but `/secret`. What it did not expect, it answers 500. */
export interface FakeServer extends AsyncDisposable {
  url: string;
  fingerprint: string;
  /** Bodies of registrations, by their path without the query. */
  readonly registered: { path: string; body: Record<string, unknown> }[];
}

export async function startFakeServer({ version, publicKey, before }: FakeServerOptions): Promise<FakeServer> {
  const nowMs = Date.now();
  const key = createKeyringEntry({ nowMs: nowMs - 1_000 });
  const keyring = keyringOf([key]);
  const registered: FakeServer['registered'] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').replace(/^\/api\/v1/, '');
    await before?.(path);
    if (path === '/.well-known/encryption-keys') {
      const versions = version === '2' ? ['2', '1'] : ['1'];
      return void response.end(JSON.stringify({ ...publicKeys(keyring, Date.now()), versions }));
    }
    const managed = managementAnswer(path);
    if (managed) return void response.writeHead(managed.status, managed.headers).end(JSON.stringify(managed.body));
    const { text, reply } = opened(JSON.parse(await bodyOf(request)), path);
    const signedAt = version === '2' ? reply?.ts : JSON.parse(text).timestamp;
    const verdict = verdictOn(path, JSON.parse(text), { request, signedAt });
    const plaintext = JSON.stringify(verdict);
    response.setHeader('x-apikee-encrypted', reply ? '1' : '0');
    response.end(reply ? reply.seal(plaintext) : plaintext);
  };

  const opened = (body: unknown, path: string) => {
    const line = { method: 'POST', path };
    if (version === '1') {
      const envelope = parseEnvelopeV1(body);
      const text = envelope && openV1({ envelope, keyring, nowMs: Date.now() })?.plaintext.toString();
      if (text === undefined) throw new Error('no envelope of version 1');
      return { text, reply: undefined };
    }
    const envelope = parseEnvelopeV2(body);
    const found = envelope && openV2({ envelope, keyring, nowMs: Date.now(), ...line });
    if (!envelope || !found) throw new Error('no envelope of version 2');
    const { kid, epk, iv: requestIv, ts } = envelope;
    const session = { kid, epk, keys: found.derived };
    const seal = (plaintext: string) =>
      sealReplyV2({ session, ts: new Date().toISOString(), plaintext, requestIv, ...line });
    return { text: found.plaintext.toString(), reply: { ts, seal } };
  };

  const verdictOn = (
    path: string,
    body: Record<string, unknown>,
    { request, signedAt }: { request: IncomingMessage; signedAt: string },
  ) => {
    if (request.headers['x-api-key'] !== 'sk_live_smoke') throw new Error('another server key');
    const url = new URL(path, 'http://x');
    if (url.searchParams.get('project_env') !== 'smoke') throw new Error('another project');
    if (url.pathname !== '/client/self') {
      registered.push({ path: url.pathname, body });
      return { id: 'x' };
    }
    const methodPath = url.searchParams.get('method_path') ?? '';
    const signature = String(request.headers['x-apikee-signature']);
    if (!verifyRequestSignature('self', methodPath, signedAt, signature, publicKey)) throw new Error('not signed');
    if (methodPath === 'GET:/secret')
      return { success: false, clientId: 'c', status: 403, code: 'REVOKED', message: 'The key was revoked.' };
    const record = { id: 'k', name: 'acme-key', scopes: ['from-server'], metadata: {}, expiresAt: null };
    return { success: true, clientId: 'c', key: record };
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      response.statusCode = 500;
      response.end(JSON.stringify({ error: 'FAKE', message: String(error) }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // it listens on TCP
    fingerprint: key.fingerprint,
    registered,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Two pages of organizations, a redirect, and a refusal with its own status. */
function managementAnswer(
  path: string,
): { status: number; headers?: Record<string, string>; body: object } | undefined {
  const { pathname, searchParams } = new URL(path, 'http://x');
  const page = Number(searchParams.get('page') ?? 1);
  const pagination = { total: 2, page, limit: 1, pages: 2 };
  switch (pathname) {
    case '/organization':
      return { status: 200, body: { data: [{ name: 'one' }, { name: 'two' }].slice(page - 1, page), pagination } };
    case '/organization/moved':
      return { status: 302, headers: { location: '/api/v1/organization' }, body: {} };
    case '/key/verify':
      return { status: 403, body: { valid: false, code: 'DISABLED', status: 403, message: 'The key is disabled.' } };
    default:
      return undefined;
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
