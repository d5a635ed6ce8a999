import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { publicKeyOf } from './x25519.ts';

/** A sender's key pair, for one envelope or for a short session (at most 5 minutes). */
export type EphemeralKey = {
  privateKey: KeyObject;
  /** 32 raw bytes, the `epk` of envelopes. */
  publicKey: Buffer;
};

export function createEphemeralKey(): EphemeralKey {
  const { privateKey } = generateKeyPairSync('x25519');
  return { privateKey, publicKey: publicKeyOf(privateKey) };
}
