import { hmacSha256 } from './hmac-sha256.ts';
import { type DigestOptions, digestOfHash } from './key-digest.ts';
import { maxKeyChars, signedKeyPrefix } from './split-signed-key.ts';

const shape = /^[\x21-\x7e]+$/;

/**
 * Can this be a key that another system has made? By what it begins with, since its checksum, if it has one, is not known here
 * (design.md §9). What begins with `apikee_` is a signed key or nothing.
 */
export function isImportedKey(raw: string, prefixes: readonly string[]): boolean {
  if (raw.length > maxKeyChars || raw.startsWith(signedKeyPrefix) || !shape.test(raw)) return false;
  return prefixes.some((prefix) => raw.startsWith(prefix) && raw.length > prefix.length);
}

interface Imported {
  pepper: DigestOptions['pepper'];
  importId: string;
}

/** The digest of a key of which the other system's HMAC-SHA-256 is at hand, 32 bytes. */
export function digestOfImported({ pepper, importId, hmac }: Imported & { hmac: Buffer }): Buffer {
  return digestOfHash({ pepper, domain: `h:${importId}`, hash: hmac });
}

/** The same of the key itself; the secret is the other system's, as it uses it: the bytes of its text. */
export function importedKeyDigest({ raw, secret, ...imported }: Imported & { raw: string; secret: string }): Buffer {
  return digestOfImported({ ...imported, hmac: hmacSha256(secret, raw) });
}
