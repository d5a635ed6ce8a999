import { createHash } from 'node:crypto';
import { FetchClient } from '../http/fetch-client.ts';
import { SocketClient, type SocketClientOptions } from '../http/socket-client.ts';
import { KeywardError } from '../keyward-error.ts';
import type { Runtime } from '../runtime.ts';
import { openNodeSession } from './node-session.ts';
import { signText } from './request-signature.ts';

/** Node, Bun and Deno: `node:crypto`, and connections of our own. */
export const runtime: Runtime = {
  environment: process.env,
  openSession: openNodeSession,
  fingerprint: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  sign: signText,
  createHttpClient: ({ fetch, ...options }) =>
    fetch ? new FetchClient({ ...options, fetch }) : createSocketClient(options),
  warn: (line) => process.stderr.write(`${line}\n`),
  lifetime: 'process',
};

function createSocketClient(options: SocketClientOptions): SocketClient {
  try {
    return new SocketClient(options);
  } catch (cause) {
    throw new KeywardError('CONFIG', 'ca holds no certificate in PEM.', { cause });
  }
}
