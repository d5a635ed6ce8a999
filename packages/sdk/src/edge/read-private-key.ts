import { KeywardError } from '../keyward-error.ts';
import { printHex } from './hex.ts';

/** What WebCrypto has to be told of a private key, which says it by itself (PKCS#8). */
export interface PrivateKeyFile {
  der: Uint8Array<ArrayBuffer>;
  algorithm: { name: 'RSASSA-PKCS1-v1_5'; hash: 'SHA-256' } | { name: 'ECDSA'; namedCurve: string };
}

const pem = /^-----BEGIN PRIVATE KEY-----\s([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----$/;
/** Object identifiers in DER, hex (RFC 3279 §2.3). */
const rsa = '2a864886f70d010101';
const ec = '2a8648ce3d0201';
const curves: Readonly<Record<string, string>> = {
  '2a8648ce3d030107': 'P-256',
  '2b81040022': 'P-384',
  '2b81040023': 'P-521',
};

/** Reads PEM of PKCS#8 (RFC 5208), unencrypted, of RSA or of a curve of NIST. @throws {KeywardError} `CONFIG`, without what it read */
export function readPrivateKey(text: string): PrivateKeyFile {
  const [, base64] = pem.exec(text.trim()) ?? [];
  try {
    const der = Uint8Array.from(atob(base64?.replace(/\s/g, '') ?? ''), (character) => character.charCodeAt(0));
    return { der, algorithm: algorithmOf(der) };
  } catch {
    throw new KeywardError(
      'CONFIG',
      'KEYWARD_PRIVATE_KEY (privateKey) is no RSA or EC private key in PEM of PKCS#8 (`openssl pkcs8 -topk8 -nocrypt` makes one).',
    );
  }
}

/** `PrivateKeyInfo ::= SEQUENCE { version INTEGER, privateKeyAlgorithm SEQUENCE { OID, parameters }, … }` */
function algorithmOf(der: Uint8Array): PrivateKeyFile['algorithm'] {
  const info = contentsOf(der, 0x30);
  const algorithm = contentsOf(info.subarray(3), 0x30);
  const id = contentsOf(algorithm, 0x06);
  const name = printHex(id);
  if (name === rsa) return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const curve = name === ec && curves[printHex(contentsOf(algorithm.subarray(id.length + 2), 0x06))];
  if (!curve) throw new TypeError('another algorithm');
  return { name: 'ECDSA', namedCurve: curve };
}

/** Those of the element that stands first, which has to have this tag. */
function contentsOf(bytes: Uint8Array, tag: number): Uint8Array {
  const [first, length = 0] = bytes;
  if (first !== tag) throw new TypeError('another structure');
  if (length < 0x80) return bytes.subarray(2, 2 + length);
  // The long form says in how many bytes the length stands. What is missing at the end is WebCrypto's to refuse.
  return bytes.subarray(2 + (length & 0x7f));
}
