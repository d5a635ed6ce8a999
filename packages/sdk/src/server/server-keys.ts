import { nowMs } from '../clock.ts';
import type { HttpClient } from '../http/http-client.ts';
import type { Runtime } from '../runtime.ts';
import { failureOfStatus } from './failure-of-status.ts';
import { ServerAway, ServerRefused } from './server-failure.ts';

/** A key of the server that envelopes can be sealed to. */
export interface ServerKey {
  kid: string;
  /** 32 bytes. */
  publicKey: Uint8Array;
  version: '1' | '2';
}

export interface ServerKeysOptions {
  runtime: Pick<Runtime, 'fingerprint' | 'lifetime'>;
  http: HttpClient;
  /** Before `/.well-known/…`: `/api/v1`. */
  basePath: string;
  /** Public keys in standard base64, or fingerprints in hex; none: whatever the server tells. */
  pins: readonly string[];
}

const freshForMs = 300_000;
/** How soon another is asked for than one that is good for nothing. */
const uselessForMs = 5_000;
const wellKnown = '/.well-known/encryption-keys';

/**
 * The server's current key (wire.md §2.2), asked for once and again every five minutes or when the server does not open an
 * envelope any more. While an old answer is good, nobody waits for the new one.
 */
export class ServerKeys {
  readonly #options: ServerKeysOptions;
  #known: { key: ServerKey; fetchedMs: number; notAfterMs: number } | undefined;
  #fetching: Promise<ServerKey> | undefined;

  constructor(options: ServerKeysOptions) {
    this.#options = options;
  }

  /** @throws {ServerAway} when nobody tells; {ServerRefused} when none of the keys is a pinned one. */
  current(timeoutMs: number): ServerKey | Promise<ServerKey> {
    const atMs = nowMs();
    const known = this.#known;
    if (!known || known.notAfterMs <= atMs) return this.refresh(timeoutMs);
    // Who is asked in the background has all the time that a call has; what fails is tried again by the next.
    if (known.fetchedMs + freshForMs <= atMs) this.refresh(timeoutMs).catch(() => undefined);
    return known.key;
  }

  /** Nothing can be encrypted to it: who set it right is not made to wait. */
  distrust(key: ServerKey): void {
    if (this.#known?.key === key) this.#known.notAfterMs = Math.min(this.#known.notAfterMs, nowMs() + uselessForMs);
  }

  /** Asks the server, once for all who ask meanwhile, where they may wait for each other. */
  refresh(timeoutMs: number): Promise<ServerKey> {
    if (this.#options.runtime.lifetime === 'request') return this.#fetch(timeoutMs);
    this.#fetching ??= this.#fetch(timeoutMs).finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetch(timeoutMs: number): Promise<ServerKey> {
    const { http, basePath } = this.#options;
    const headers = { accept: 'application/json' };
    const { status, body } = await http.send({ method: 'GET', path: `${basePath}${wellKnown}`, headers, timeoutMs });
    if (status !== 200) throw failureOfStatus(status, `the server tells no key to encrypt to (HTTP ${status})`);
    const told = readTold(body);
    const offered = told.keys.filter((key) => this.#isPinned(key));
    const [best] = offered.filter(({ current }) => current).concat(offered);
    if (!best) throw new ServerRefused('none of the keys that the server tells is the pinned one (serverPublicKey)');
    const version = told.versions.includes('2') ? '2' : '1';
    // What tells versions is not sealed: whoever stands between would answer in the open, as the pinned key never could.
    if (version === '1' && this.#options.pins.length > 0)
      throw new ServerRefused(
        'the server speaks version 1 of envelopes only, whose answers a pin (serverPublicKey) cannot hold',
      );
    const key: ServerKey = { kid: best.kid, publicKey: best.publicKey, version };
    this.#known = { key, fetchedMs: nowMs(), notAfterMs: best.notAfterMs };
    return key;
  }

  /** By what is computed here of the key itself, never by the fingerprint that stands beside it. */
  #isPinned({ publicKey, text }: ToldKey): boolean {
    const { pins, runtime } = this.#options;
    if (pins.length === 0) return true;
    const fingerprint = runtime.fingerprint(publicKey);
    return pins.some((pin) => pin === text || pin.toLowerCase() === fingerprint);
  }
}

interface ToldKey {
  kid: string;
  publicKey: Uint8Array;
  /** Standard base64. */
  text: string;
  notAfterMs: number;
  current: boolean;
}

function readTold(body: string): { keys: ToldKey[]; versions: readonly unknown[] } {
  let told: { keys?: unknown; versions?: unknown } | null;
  try {
    told = JSON.parse(body);
  } catch (cause) {
    throw new ServerAway('what tells the key to encrypt to is no JSON', { cause });
  }
  const { keys, versions } = told ?? {};
  if (!Array.isArray(keys)) throw new ServerAway('what tells the key to encrypt to is not Keyward');
  return { keys: keys.flatMap(readKey), versions: Array.isArray(versions) ? versions : ['1'] };
}

/** One entry of the list; none of an algorithm or a shape that is not known. */
function readKey(entry: unknown): ToldKey[] {
  const { kid, alg, public_key: text, not_after: notAfter, current } = Object(entry) as Record<string, unknown>; // any object
  if (typeof kid !== 'string' || !/^[0-9A-Za-z_-]{1,64}$/.test(kid) || alg !== 'X25519-HKDF-SHA256-A256GCM') return [];
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]{43}=$/.test(text)) return [];
  const publicKey = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const notAfterMs = typeof notAfter === 'string' ? Date.parse(notAfter) : Number.POSITIVE_INFINITY;
  return Number.isNaN(notAfterMs) ? [] : [{ kid, publicKey, text, notAfterMs, current: current === true }];
}
