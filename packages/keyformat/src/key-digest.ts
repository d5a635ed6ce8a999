import { hash as hashOnce } from 'node:crypto';
import { hmacSha256 } from './hmac-sha256.ts';
import { type Pepper, wrapDigest } from './pepper.ts';

/**
 * What a key, a token, a name or a request is for. The same one gives unrelated digests in different domains. `h:<import>`: a key that another
 * system knows by an HMAC of its own, which takes the place of the hash (design.md §9).
 */
export type DigestDomain =
  | 'customer'
  | 'server'
  | 'account'
  | 'session'
  | 'csrf'
  | 'invitation'
  | 'device'
  | 'request'
  | 'sign-in-attempt'
  | `h:${string}`;

const hashBytes = 32;

/** SHA-256 of a key's canonical form: what an SDK registers a locally issued key by (wire.md §2.5). */
export function hashOfKey(canonical: string): Buffer {
  return hashOnce('sha256', canonical, 'buffer');
}

export type DigestOptions = {
  pepper: Pepper;
  domain: DigestDomain;
};

/**
 * HMAC-SHA-256(pepper, domain ‖ 0x00 ‖ hash), 32 bytes: what a key is stored and looked up by (design.md §9). Further peppers
 * are put around it, one after the other.
 * The domain is ASCII without zero bytes and the hash has 32 bytes, so no two pairs give the same message.
 * Throws RangeError when the pepper is empty or the hash has another length.
 */
export function digestOfHash({ pepper, domain, hash }: DigestOptions & { hash: Buffer }): Buffer {
  if (hash.length !== hashBytes) throw new RangeError(`the hash of a key has ${hashBytes} bytes`);
  const [first, ...wraps] = Buffer.isBuffer(pepper) ? [pepper] : pepper;
  if (!first?.length) throw new RangeError('a pepper is not empty');
  return wraps.reduce<Buffer>((inner, wrap) => wrapDigest(wrap, inner), hmacSha256(first, `${domain}\0`, hash));
}

/** The digest of a key of which the canonical form is at hand. */
export function keyDigest({ pepper, domain, canonical }: DigestOptions & { canonical: string }): Buffer {
  return digestOfHash({ pepper, domain, hash: hashOfKey(canonical) });
}
