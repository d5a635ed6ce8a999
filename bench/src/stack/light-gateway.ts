/**
 * Stands in for Keyward where the application's own cost is measured: opens each envelope, and seals the same verdict for it, with what a
 * gateway of version 2 answers with. It asks nobody, and takes the same envelope any number of times. Prints its URL.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DerivedKeyCache } from '@keyward/envelope/derived-key-cache';
import { createKeyringEntry, keyringOf, publicKeys } from '@keyward/envelope/keyring';
import type { SessionKeys } from '@keyward/envelope/v2/derive';
import { openV2 } from '@keyward/envelope/v2/open-request';
import { sealReplyV2 } from '@keyward/envelope/v2/seal';
import { parseEnvelopeV2 } from '@keyward/envelope/v2/wire';
import { systemClock } from '@keyward/kit/clock';

const basePath = '/api/v1';
const keyring = keyringOf([createKeyringEntry({ nowMs: 0 })]);
const cache = new DerivedKeyCache<SessionKeys>({ maxEntries: 100 });
const plaintext = JSON.stringify({
  success: true,
  clientId: 'bdb6f1c4-6b2e-4b7e-9d0e-1d2c3b4a5f60',
  project_env: 'bench-production',
  method_path: 'GET:/users/{id}',
  durationMs: 1.234,
  key: { id: '0e2f9d3c-8a47-4c1b-a5d6-7f8091a2b3c4', name: 'k', scopes: [], metadata: {}, expiresAt: null },
});
const headers = {
  'content-type': 'application/json; charset=utf-8',
  'x-request-id': '7d9c2f0e-4f1a-4a53-9a55-5f0c8d3c1b2a',
  'x-apikee-encrypted': '1',
};

const server = createServer((request, response) => {
  let text = '';
  request.setEncoding('latin1');
  request.on('data', (chunk: string) => {
    text += chunk;
  });
  request.on('end', () => send(response, answer(request, text)));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo; // it listens on TCP
process.stdout.write(`http://127.0.0.1:${port}\n`);

function send(response: ServerResponse, body: string): void {
  response.writeHead(200, { ...headers, 'content-length': body.length });
  response.end(body);
}

function answer({ method, url = '' }: IncomingMessage, text: string): string {
  if (method === 'GET') return JSON.stringify({ ...publicKeys(keyring, systemClock.nowMs()), versions: ['1', '2'] });
  return sealed(url.slice(basePath.length), text);
}

function sealed(path: string, text: string): string {
  const nowMs = systemClock.nowMs();
  const line = { method: 'POST', path };
  const envelope = parseEnvelopeV2(JSON.parse(text));
  const opened = envelope && openV2({ envelope, keyring, nowMs, cache, ...line });
  if (!opened) throw new Error('no envelope of version 2');
  const { kid, epk, iv: requestIv } = envelope;
  cache.remember({ ...opened, epk });
  const session = { kid, epk, keys: opened.derived };
  return sealReplyV2({ session, ts: new Date(nowMs).toISOString(), plaintext, requestIv, ...line });
}
