import { hkdfSync } from 'node:crypto';

export type HkdfOptions = { ikm: Buffer; salt: Buffer; info: Buffer; bytes: number };

/** HKDF-SHA-256 (RFC 5869), extract and expand. Throws RangeError beyond 255 × 32 bytes. */
export function hkdfSha256({ ikm, salt, info, bytes }: HkdfOptions): Buffer {
  return Buffer.from(hkdfSync('sha256', ikm, salt, info, bytes));
}
