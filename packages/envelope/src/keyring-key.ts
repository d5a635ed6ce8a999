import { hash, type KeyObject } from 'node:crypto';
import { publicKeyOf } from './x25519.ts';

/** A server key and its life, `notBeforeMs <= now < notAfterMs` in unix milliseconds. */
export type KeyringKey = {
  kid: string;
  privateKey: KeyObject;
  /** 32 raw bytes. */
  publicKey: Buffer;
  /** SHA-256 of the raw public key in lower-case hex. */
  fingerprint: string;
  notBeforeMs: number;
  /** null: open. */
  notAfterMs: number | null;
};

export type KeyringKeyOptions = {
  privateKey: KeyObject;
  /** The first 16 characters of the fingerprint unless given. */
  kid?: string;
  notBeforeMs: number;
  notAfterMs: number | null;
};

/** Completes a private key with what follows from it. */
export function keyringKey({ privateKey, kid, notBeforeMs, notAfterMs }: KeyringKeyOptions): KeyringKey {
  const publicKey = publicKeyOf(privateKey);
  const fingerprint = hash('sha256', publicKey, 'hex');
  return { kid: kid ?? fingerprint.slice(0, 16), privateKey, publicKey, fingerprint, notBeforeMs, notAfterMs };
}
