import type { KeyObject } from 'node:crypto';
import { aesKeyBytes } from '../aes-gcm.ts';
import { hkdfSha256 } from '../hkdf.ts';
import { x25519 } from '../x25519.ts';

/** The AES-256 keys of a session, one for each direction: what seals a request opens no reply. */
export type SessionKeys = { request: Buffer; reply: Buffer };

export type SessionOptions = {
  /** Of this side: the client's ephemeral one, or the server's. */
  privateKey: KeyObject;
  kid: string;
  /** The client's ephemeral public key, 32 bytes. */
  epk: Buffer;
  /** The server key `kid`, 32 bytes. */
  serverPublicKey: Buffer;
  side: 'client' | 'server';
};

/**
 * HKDF-SHA-256 of the X25519 secret, salt `epk` ‖ server public key, info `keyward-v2 request <kid>` and `keyward-v2 response
 * <kid>` (wire.md §6). Both public keys are bound in as they were sent, so that no other spelling of one gives the same keys.
 * Undefined when the other side's key is of low order or of another length.
 */
export function deriveSessionKeys({
  privateKey,
  kid,
  epk,
  serverPublicKey,
  side,
}: SessionOptions): SessionKeys | undefined {
  const ikm = x25519({ privateKey, publicKey: side === 'client' ? serverPublicKey : epk });
  if (ikm === undefined) return undefined;
  const salt = Buffer.concat([epk, serverPublicKey]);
  const keyFor = (direction: 'request' | 'response') =>
    hkdfSha256({ ikm, salt, info: Buffer.from(`keyward-v2 ${direction} ${kid}`), bytes: aesKeyBytes });
  return { request: keyFor('request'), reply: keyFor('response') };
}
