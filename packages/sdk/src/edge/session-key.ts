import type { webcrypto } from 'node:crypto';
import { isOfLowOrder } from '@keyward/envelope/low-order';
import { KeywardError } from '../keyward-error.ts';
import { ServerRefused } from '../server/server-failure.ts';

/** A fresh X25519 pair of this side, and what it shares with the server. */
export interface SessionKey {
  /** 32 bytes: the public half. */
  epk: Uint8Array<ArrayBuffer>;
  /** HKDF-SHA-256 of the shared secret: an AES-256 key that seals and opens, and cannot be read out. */
  derive(options: { salt: Uint8Array<ArrayBuffer>; info: string }): Promise<CryptoKey>;
}

const aes = { name: 'AES-GCM', length: 256 };

/**
 * @throws {ServerRefused} when the runtime has no X25519: no outage, since it would never pass.
 * @throws {KeywardError} `CONFIG` for a public key of low order or of another length
 */
export async function createSessionKey(publicKey: Uint8Array): Promise<SessionKey> {
  if (publicKey.length !== 32 || isOfLowOrder(publicKey)) throw useless();
  const { epk, privateKey } = await createPair();
  const secret = await agree(privateKey, Uint8Array.from(publicKey));
  // RFC 7748 §6.1: "MAY check […] whether K is the all-zero value". Not every runtime does.
  if (secret.every((byte) => byte === 0)) throw useless();
  const ikm = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  return {
    epk,
    derive({ salt, info }) {
      const hkdf = { name: 'HKDF', hash: 'SHA-256', salt, info: new TextEncoder().encode(info) };
      return crypto.subtle.deriveKey(hkdf, ikm, aes, false, ['encrypt', 'decrypt']);
    },
  };
}

async function createPair(): Promise<{ epk: Uint8Array<ArrayBuffer>; privateKey: CryptoKey }> {
  try {
    const pair = await crypto.subtle.generateKey('X25519', false, ['deriveBits']);
    // The types do not tell apart the algorithms that make a pair from those that make one key.
    const { privateKey, publicKey } = pair as webcrypto.CryptoKeyPair;
    return { epk: new Uint8Array(await crypto.subtle.exportKey('raw', publicKey)), privateKey };
  } catch (cause) {
    throw new ServerRefused('this runtime has no X25519 in WebCrypto, so that nothing can be encrypted', { cause });
  }
}

async function agree(privateKey: CryptoKey, publicKey: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const other = await crypto.subtle.importKey('raw', publicKey, { name: 'X25519' }, false, []);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: other }, privateKey, 256));
}

function useless(): KeywardError {
  return new KeywardError('CONFIG', 'Nothing can be encrypted to the public key of the server.');
}
