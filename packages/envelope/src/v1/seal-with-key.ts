import { sealAesGcm } from '../aes-gcm.ts';
import { freshIv } from '../fresh-iv.ts';
import { type EnvelopeV1Body, printEnvelopeV1 } from './wire.ts';

export type SealWithKeyOptions = {
  /** What `deriveKey` gave for the private half of `epk`. */
  aesKey: Buffer;
  /** The sender's raw public key, 32 bytes. */
  epk: Buffer;
  /** UTF-8 JSON. */
  plaintext: Buffer | string;
  /** For test vectors only: an iv that repeats under one key breaks AES-GCM. */
  iv?: Buffer;
};

/** Seals under a key that was derived before: the second and later envelopes of a session cost no X25519. */
export function sealWithKey({ aesKey, epk, plaintext, iv = freshIv() }: SealWithKeyOptions): EnvelopeV1Body {
  return printEnvelopeV1({ epk, iv, ct: sealAesGcm({ aesKey, iv, plaintext }) });
}
