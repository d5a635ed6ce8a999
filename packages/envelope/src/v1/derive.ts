import type { KeyObject } from 'node:crypto';
import { aesKeyBytes } from '../aes-gcm.ts';
import { hkdfSha256 } from '../hkdf.ts';
import { x25519 } from '../x25519.ts';

const salt = Buffer.alloc(0);
const info = Buffer.from('apikee-v1');

export type DeriveOptions = {
  privateKey: KeyObject;
  /** The other side's raw public key, 32 bytes. */
  publicKey: Buffer;
};

/**
 * The AES-256 key of version 1 between two X25519 keys: HKDF-SHA-256 of the shared secret, empty salt, info `apikee-v1`
 * (wire.md §2.1). Undefined when the public key is of low order, so that a zero secret is never used.
 */
export function deriveKey({ privateKey, publicKey }: DeriveOptions): Buffer | undefined {
  const secret = x25519({ privateKey, publicKey });
  return secret && hkdfSha256({ ikm: secret, salt, info, bytes: aesKeyBytes });
}
