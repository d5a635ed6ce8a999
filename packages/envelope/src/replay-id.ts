import { hash } from 'node:crypto';

const label = Buffer.from('keyward-v1 replay\0');

/**
 * What an envelope of version 1 is recognized by when it comes again: SHA-256 over a label, the AES key and the iv, 32 bytes.
 *
 * (`epk`, `iv`) alone does not do. X25519 gives one shared secret for eight public keys that differ by a point of low order
 * (1/u is one of them), and for non-canonical spellings of each; version 1 binds `epk` into nothing. Whoever has seen an
 * envelope could send it again under another `epk`. All of them derive the same AES key.
 */
export function replayIdV1({ aesKey, iv }: { aesKey: Buffer; iv: Buffer }): Buffer {
  return hash('sha256', Buffer.concat([label, aesKey, iv]), 'buffer');
}
