import { type KeyClaims, readClaims } from '@keyward/keyformat/claims';
import { issueSignedKey, verifySignature } from '@keyward/keyformat/signed-key';
import { maxKeyChars, signedKeyPrefix, splitSignedKey } from '@keyward/keyformat/split-signed-key';
import { nowMs } from '../clock.ts';
import { KeywardError } from '../keyward-error.ts';
import { type Duration, endOf } from './duration.ts';
import { type Claims, claimsOf } from './key-claims.ts';

/** What a new key says. */
export interface KeyOptions {
  /** Whom it is for. */
  tenant: string;
  scopes?: string[] | undefined;
  /** null: it does not expire. */
  expiresIn?: Duration | null | undefined;
  notBefore?: Date | null | undefined;
  /** `production` unless it is said. */
  environment?: string | undefined;
  /** Up to some 2 kB of JSON, which everybody who holds the key can read. */
  meta?: Record<string, unknown> | undefined;
}

const defaultExpiresIn = '90d';
/** Some hundred bytes each, a few kB at most. */
const maxKnownKeys = 1_000;

/** Signs and checks keys with secrets of one's own (wire.md §1): no I/O, a few microseconds a key. */
export class KeyEngine {
  readonly #secrets: readonly string[];
  /** Keys whose signature holds, and what it is over: a key that comes again is read, and not computed again. */
  readonly #known = new Map<string, Uint8Array>();

  /** Signs with the first secret, and takes keys that any of them has signed. Throws `CONFIG` when one is empty, or there is none. */
  constructor(secrets: readonly string[]) {
    if (secrets.length === 0) throw new KeywardError('CONFIG', 'At least one secret is required.');
    if (secrets.some((secret) => secret === '')) throw new KeywardError('CONFIG', 'A secret is empty.');
    this.#secrets = [...secrets];
  }

  /** A new key. Throws `INVALID_DURATION`, or `CONFIG` for claims that no reader would take. */
  create(options: KeyOptions): string {
    const atMs = nowMs();
    const claims = newClaims(options, atMs);
    try {
      return issueSignedKey({ claims, secret: this.#secrets[0] ?? '', nowMs: atMs }).key;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unknown';
      throw new KeywardError('CONFIG', `This key cannot be issued: ${reason}.`, { cause });
    }
  }

  /**
   * The claims of a key that is signed and alive. Throws `MISSING_KEY`, `INVALID_PREFIX`, `INVALID_FORMAT`, `DECODE_ERROR`,
   * `INVALID_SIGNATURE`, `EXPIRED` or `NOT_YET_VALID`.
   */
  verify(key: string): Claims {
    const claims = this.#signed(key);
    requireAlive(claims, nowMs() / 1_000);
    return claimsOf(claims, key);
  }

  /** The claims of a key that is signed, alive or not yet, or no more. */
  read(key: string): Claims {
    return claimsOf(this.#signed(key), key);
  }

  #signed(key: string): KeyClaims {
    // Code without types passes what it has found in a header.
    const payload = typeof key === 'string' ? this.#payloadOf(key) : undefined;
    const claims = payload && readClaims(payload);
    if (claims === undefined) throw whyNot(key);
    return claims;
  }

  /** Only good keys are kept, so that nobody can fill the memory with guesses. */
  #payloadOf(key: string): Uint8Array | undefined {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const payload = verifySignature(key, this.#secrets)?.payload;
    if (payload === undefined) return undefined;
    if (this.#known.size >= maxKnownKeys) this.#known.clear();
    this.#known.set(key, payload);
    return payload;
  }
}

function newClaims(options: KeyOptions, atMs: number): Omit<KeyClaims, 'id'> {
  const { tenant, scopes = [], expiresIn = defaultExpiresIn, notBefore, environment = 'production', meta } = options;
  const claims: Omit<KeyClaims, 'id'> = { tid: tenant, scp: scopes, env: environment };
  if (expiresIn !== null) claims.exp = endOf(expiresIn, atMs);
  if (notBefore) claims.nbf = Math.floor(notBefore.getTime() / 1_000);
  if (meta && Object.keys(meta).length > 0) claims.meta = meta;
  return claims;
}

function requireAlive({ exp, nbf }: KeyClaims, nowSeconds: number): void {
  if (exp !== undefined && nowSeconds >= exp) {
    const expiredAt = new Date(exp * 1_000);
    throw new KeywardError('EXPIRED', `The key expired at ${expiredAt.toISOString()}.`, { expiredAt });
  }
  if (nbf !== undefined && nowSeconds < nbf)
    throw new KeywardError('NOT_YET_VALID', `The key is not valid before ${new Date(nbf * 1_000).toISOString()}.`);
}

/** Which of the original's codes a refused key gets. None of them says more than its bearer can see. */
function whyNot(key: unknown): KeywardError {
  if (typeof key !== 'string' || key === '') return new KeywardError('MISSING_KEY', 'There is no key.');
  if (!key.startsWith(signedKeyPrefix))
    return new KeywardError('INVALID_PREFIX', `The key does not begin with '${signedKeyPrefix}'.`);
  if (key.length > maxKeyChars || !key.includes('.'))
    return new KeywardError('INVALID_FORMAT', 'The key is too long, or has no signature.');
  if (splitSignedKey(key) === undefined)
    return new KeywardError('DECODE_ERROR', 'The key holds characters that no key has.');
  return new KeywardError('INVALID_SIGNATURE', 'The signature of the key does not hold.');
}
