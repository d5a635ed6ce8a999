import { hmacSha256 } from './hmac-sha256.ts';

/**
 * The platform's secret, not empty; or several, oldest first, each of which was put around the digests of those before it. So a
 * pepper is changed without any key at hand: d₂ = HMAC(pepper₂, d₁) (design.md §9).
 */
export type Pepper = Buffer | readonly Buffer[];

/** The pepper as it is configured: the first, and those that were put around it since, with a space between them. */
export function readPepper(first: string, wraps: string | undefined): Pepper {
  return wraps === undefined ? Buffer.from(first) : [first, ...readWraps(wraps)].map((text) => Buffer.from(text));
}

export function readWraps(wraps: string): string[] {
  return wraps.split(' ');
}

/** A digest after one more pepper was put around it. */
export function wrapDigest(pepper: string | Uint8Array, digest: Uint8Array): Buffer {
  return hmacSha256(pepper, digest);
}

/** What a pepper is recognised by; says nothing of it. */
export function pepperMark(pepper: string): Buffer {
  return hmacSha256(pepper, 'keyward pepper mark');
}
