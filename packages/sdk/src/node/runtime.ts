import { createHash } from 'node:crypto';
import { FetchClient } from '../http/fetch-client.ts';
import { SocketClient } from '../http/socket-client.ts';
import type { Runtime } from '../runtime.ts';
import { openNodeSession } from './node-session.ts';
import { signText } from './request-signature.ts';

/** Node, Bun and Deno: `node:crypto`, and connections of our own. */
export const runtime: Runtime = {
  environment: process.env,
  openSession: openNodeSession,
  fingerprint: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  sign: signText,
  createHttpClient: ({ origin, maxSockets, fetch }) =>
    fetch ? new FetchClient({ origin, fetch }) : new SocketClient({ origin, maxSockets }),
  warn: (line) => process.stderr.write(`${line}\n`),
  lifetime: 'process',
};
