import type { HttpClient } from './http/http-client.ts';
import type { ServerKey } from './server/server-keys.ts';
import type { Environment } from './variable.ts';

/** A request, and what binds it (wire.md §6). */
export interface Outgoing {
  method: 'POST';
  /** Path and query after the base URL. */
  path: string;
  /** ISO 8601. */
  ts: string;
  /** JSON. */
  text: string;
}

export interface SealedRequest {
  /** JSON. */
  body: string;
  iv: Uint8Array;
}

/** The envelopes of one ephemeral key pair; a client may keep it for up to 5 minutes (wire.md §6). */
export interface Session {
  seal(request: Outgoing): SealedRequest | Promise<SealedRequest>;
  /** The JSON inside an answer to `request`; undefined when it is no answer to it, or was tampered with. */
  open(answer: string, request: Outgoing, sealed: SealedRequest): string | undefined | Promise<string | undefined>;
}

/** What the SDK needs of where it runs: Node's own modules, or the web's. `#runtime` is one of them. */
export interface Runtime {
  environment: Environment;
  openSession(key: ServerKey): Session | Promise<Session>;
  /** SHA-256 of bytes, hex. */
  fingerprint(bytes: Uint8Array): string;
  /** base64url of a signature with a PEM private key, RSA PKCS#1 v1.5 SHA-256 or ECDSA with DER (wire.md §2.3). */
  sign(text: string, privateKeyPem: string): string | Promise<string>;
  /** Throws `CONFIG` for a `ca` that is none, or that it cannot heed. */
  createHttpClient(options: HttpClientOptions): HttpClient;
  warn(line: string): void;
  /**
   * How long promises and timers live: as long as the process, or as the request that made them. In the second case no request may wait
   * for another one's promise, and nothing goes on in the background.
   */
  lifetime: 'process' | 'request';
}

export interface HttpClientOptions {
  /** `https://keys.example.com:8443` */
  origin: string;
  maxSockets: number;
  ca: string | undefined;
  fetch: typeof globalThis.fetch | undefined;
}
