import { createEphemeralKey, type EphemeralKey } from '../ephemeral-key.ts';
import { deriveKey } from './derive.ts';
import { sealWithKey } from './seal-with-key.ts';
import type { EnvelopeV1Body } from './wire.ts';

export type SealOptions = {
  /** 32 raw bytes: the server's public key, or for a reply the request's `epk` (wire.md §5). */
  recipientPublicKey: Buffer;
  /** UTF-8 JSON. */
  plaintext: Buffer | string;
  /** A fresh pair unless given. */
  ephemeral?: EphemeralKey;
  /** For test vectors only. */
  iv?: Buffer;
};

/**
 * An envelope of version 1 to a public key, ready for JSON.stringify.
 * Throws RangeError when the public key has another length than 32 bytes or is of low order.
 */
export function sealV1({ recipientPublicKey, ephemeral = createEphemeralKey(), ...rest }: SealOptions): EnvelopeV1Body {
  const aesKey = deriveKey({ privateKey: ephemeral.privateKey, publicKey: recipientPublicKey });
  if (aesKey === undefined) throw new RangeError('nothing can be sealed to this public key');
  return sealWithKey({ aesKey, epk: ephemeral.publicKey, ...rest });
}
