import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { printHex } from './hex.ts';

/**
 * What keyformat takes of `node:crypto`, for runtimes that do not have it: their WebCrypto answers with promises only, and
 * `verify` has to answer at once. The edge build puts this file in its place.
 */
export function createHmac(_algorithm: 'sha256', key: string | Uint8Array): EdgeHmac {
  return new EdgeHmac(key);
}

class EdgeHmac {
  readonly #hmac: ReturnType<typeof hmac.create>;

  constructor(key: string | Uint8Array) {
    this.#hmac = hmac.create(sha256, bytesOf(key));
  }

  update(part: string | Uint8Array): this {
    this.#hmac.update(bytesOf(part));
    return this;
  }

  digest(): Uint8Array {
    return this.#hmac.digest();
  }
}

export function hash(algorithm: 'sha256', data: string | Uint8Array, encoding: 'buffer'): Uint8Array;
export function hash(algorithm: 'sha256', data: string | Uint8Array, encoding: 'hex'): string;
export function hash(_algorithm: 'sha256', data: string | Uint8Array, encoding: 'buffer' | 'hex'): Uint8Array | string {
  const digest = sha256(bytesOf(data));
  return encoding === 'hex' ? printHex(digest) : digest;
}

export function randomBytes(size: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** Looks at every byte, whatever it has seen. Throws RangeError for arrays of two lengths, as Node does. */
export function timingSafeEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) throw new RangeError('Input buffers must have the same byte length');
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= (one[at] ?? 0) ^ (other[at] ?? 0);
  return difference === 0;
}

function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? new TextEncoder().encode(data) : data;
}
