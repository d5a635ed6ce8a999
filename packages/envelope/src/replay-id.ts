import { hash } from 'node:crypto';

const labelV1 = Buffer.from('keyward-v1 replay\0');
const labelV2 = Buffer.from('keyward-v2 replay\0');

type Sealed = {
  /** Under which the request is sealed. */
  aesKey: Buffer;
  iv: Buffer;
};

/**
 * What an envelope of version 1 is recognized by when it comes again: SHA-256 over a label, the AES key and the iv, 32 bytes.
 *
 * (`epk`, `iv`) alone does not do. X25519 gives one shared secret for eight public keys that differ by a point of low order
 * (1/u is one of them), and for non-canonical spellings of each; version 1 binds `epk` into nothing. Whoever has seen an
 * envelope could send it again under another `epk`. All of them derive the same AES key.
 */
export function replayIdV1({ aesKey, iv }: Sealed): Buffer {
  return hash('sha256', Buffer.concat([labelV1, aesKey, iv]), 'buffer');
}

/** The same for version 2, whose keys another `epk` changes. */
export function replayIdV2({ aesKey, iv }: Sealed): Buffer {
  return hash('sha256', Buffer.concat([labelV2, aesKey, iv]), 'buffer');
}
