import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, timingSafeEqual } from 'node:crypto';
import { isOfLowOrder } from './low-order.ts';

export const publicKeyBytes = 32;

/** PrivateKeyInfo (RFC 8410) up to the 32 raw bytes. */
const pkcs8Head = Buffer.from('302e020100300506032b656e04220420', 'hex');
const zeroSecret = Buffer.alloc(32);

/**
 * The X25519 shared secret (RFC 7748) of a private key and a raw public key, 32 bytes. Undefined for a public key of low
 * order or of another length. As the RFC demands, non-canonical public keys are read modulo 2^255 - 19.
 */
export function x25519(options: { privateKey: KeyObject; publicKey: Buffer }): Buffer | undefined {
  if (options.publicKey.length !== publicKeyBytes || isOfLowOrder(options.publicKey)) return undefined;
  let secret: Buffer;
  try {
    const publicKey = importPublicKey(options.publicKey);
    secret = diffieHellman({ privateKey: options.privateKey, publicKey });
  } catch {
    // OpenSSL throws for a secret of zeros.
    return undefined;
  }
  // RFC 7748 §6.1, "MAY check, without leaking extra information about the value of K, whether K is the all-zero value".
  return timingSafeEqual(secret, zeroSecret) ? undefined : secret;
}

/** A private key from its 32 raw bytes. Throws RangeError for another length. */
export function importPrivateKey(raw: Buffer): KeyObject {
  if (raw.length !== 32) throw new RangeError('an X25519 private key has 32 bytes');
  return createPrivateKey({ key: Buffer.concat([pkcs8Head, raw]), format: 'der', type: 'pkcs8' });
}

/** The 32 raw bytes of a private key, a secret. */
export function exportPrivateKey(privateKey: KeyObject): Buffer {
  return exportField(privateKey, 'd');
}

/** The 32 raw bytes of the public key that belongs to a private one. */
export function publicKeyOf(privateKey: KeyObject): Buffer {
  return exportField(createPublicKey(privateKey), 'x');
}

/** JWK, because node:crypto reads it in less than half the time of DER. */
function importPublicKey(raw: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: raw.toString('base64url') }, format: 'jwk' });
}

function exportField(key: KeyObject, field: 'd' | 'x'): Buffer {
  const value = key.asymmetricKeyType === 'x25519' ? key.export({ format: 'jwk' })[field] : undefined;
  if (value === undefined) throw new TypeError('this is not an X25519 key of the right kind');
  return Buffer.from(value, 'base64url');
}
