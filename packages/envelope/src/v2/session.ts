import { createEphemeralKey, type EphemeralKey } from '../ephemeral-key.ts';
import { deriveSessionKeys, type SessionKeys } from './derive.ts';

/** What a client seals requests with, for at most 5 minutes (wire.md §6). */
export type SessionV2 = { kid: string; epk: Buffer; keys: SessionKeys };

export type OpenSessionOptions = {
  /** The server key, as wire.md §2.2 tells it; `publicKey` has 32 raw bytes. */
  recipient: { kid: string; publicKey: Buffer };
  /** A fresh pair unless given. */
  ephemeral?: EphemeralKey;
};

/** Throws RangeError when the public key has another length than 32 bytes or is of low order. */
export function openSessionV2({ recipient, ephemeral = createEphemeralKey() }: OpenSessionOptions): SessionV2 {
  const { kid, publicKey: serverPublicKey } = recipient;
  const { privateKey, publicKey: epk } = ephemeral;
  const keys = deriveSessionKeys({ privateKey, kid, epk, serverPublicKey, side: 'client' });
  if (keys === undefined) throw new RangeError('nothing can be sealed to this public key');
  return { kid, epk, keys };
}
