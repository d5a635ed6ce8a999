import { sha256 } from '@noble/hashes/sha2.js';
import { FetchClient } from '../http/fetch-client.ts';
import { KeywardError } from '../keyward-error.ts';
import type { Runtime } from '../runtime.ts';
import type { Environment } from '../variable.ts';
import { openEdgeSession } from './edge-session.ts';
import { printHex } from './hex.ts';
import { signText } from './sign-text.ts';

/** What some of these runtimes have of Node's `process`. */
const { process }: { process?: { env?: Environment } } = globalThis;

/** Runtimes without Node's modules: WebCrypto and `fetch`. */
export const runtime: Runtime = {
  environment: process?.env ?? {},
  openSession: openEdgeSession,
  fingerprint: (bytes) => printHex(sha256(bytes)),
  sign: signText,
  createHttpClient({ origin, ca, fetch = globalThis.fetch }) {
    if (ca !== undefined)
      throw new KeywardError('CONFIG', 'ca is of no use here: this runtime chooses whom it trusts.');
    return new FetchClient({ origin, fetch });
  },
  // biome-ignore lint/suspicious/noConsole: there is no other way to the log of these runtimes.
  warn: (line) => console.warn(line),
  lifetime: 'request',
};
