import { createPrivateKey, type KeyObject, sign, verify } from 'node:crypto';
import { KeywardError } from '../keyward-error.ts';

/** Reading PEM costs more than signing with what was read. */
let known: { pem: string; key: KeyObject } | undefined;

/** base64url of a signature over UTF-8 text with a PEM private key: RSA PKCS#1 v1.5 SHA-256, or ECDSA with DER (wire.md §2.3). */
export function signText(text: string, privateKeyPem: string): string {
  if (known?.pem !== privateKeyPem) known = { pem: privateKeyPem, key: readKey(privateKeyPem) };
  return sign('sha256', Buffer.from(text), known.key).toString('base64url');
}

/** The `x-apikee-signature` of a validation. The parts stand as they are sent. */
export function signRequest(clientId: string, methodPath: string, timestamp: string, privateKeyPem: string): string {
  return signText(`${clientId}|${methodPath}|${timestamp}`, privateKeyPem);
}

/** Whether it is one. False for whatever is no signature, or no public key. */
export function verifyRequestSignature(
  clientId: string,
  methodPath: string,
  timestamp: string,
  signature: string,
  publicKeyPem: string,
): boolean {
  try {
    const text = Buffer.from(`${clientId}|${methodPath}|${timestamp}`);
    return verify('sha256', text, publicKeyPem, Buffer.from(signature, 'base64url'));
  } catch {
    return false;
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The error would quote what it read.
    throw new KeywardError('CONFIG', 'KEYWARD_PRIVATE_KEY (privateKey) is no private key in PEM.');
  }
}
