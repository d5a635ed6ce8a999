import { KeywardError } from '../keyward-error.ts';
import { printBase64url } from './base64url.ts';
import { type PrivateKeyFile, readPrivateKey } from './read-private-key.ts';

interface SigningKey {
  key: CryptoKey;
  name: PrivateKeyFile['algorithm']['name'];
}

/** Reading a key costs more than signing with it. */
let known: { pem: string; key: Promise<SigningKey> } | undefined;

/** As node/request-signature.ts has it: base64url, RSA PKCS#1 v1.5 SHA-256, or ECDSA with DER (wire.md §2.3). */
export async function signText(text: string, privateKeyPem: string): Promise<string> {
  if (known?.pem !== privateKeyPem) known = { pem: privateKeyPem, key: importKey(readPrivateKey(privateKeyPem)) };
  const { key, name } = await known.key;
  const parameters = { name, hash: 'SHA-256' };
  const signature = new Uint8Array(await crypto.subtle.sign(parameters, key, new TextEncoder().encode(text)));
  return printBase64url(name === 'ECDSA' ? derOf(signature) : signature);
}

async function importKey({ der, algorithm }: PrivateKeyFile): Promise<SigningKey> {
  try {
    const key = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
    return { key, name: algorithm.name };
  } catch {
    throw new KeywardError('CONFIG', 'KEYWARD_PRIVATE_KEY (privateKey) is no private key that this runtime reads.');
  }
}

/** WebCrypto gives both numbers side by side, X.509 has `SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 §2.2.3). */
function derOf(signature: Uint8Array): Uint8Array {
  const half = signature.length / 2;
  const numbers = [...integer(signature.subarray(0, half)), ...integer(signature.subarray(half))];
  const head = numbers.length < 0x80 ? [0x30, numbers.length] : [0x30, 0x81, numbers.length];
  return Uint8Array.from([...head, ...numbers]);
}

/** In as few bytes as it has, with a zero before what would be a sign. */
function integer(bytes: Uint8Array): number[] {
  const from = bytes.findIndex((byte) => byte !== 0);
  const digits = from < 0 ? [0] : [...bytes.subarray(from)];
  const signed = (digits[0] ?? 0) & 0x80 ? [0, ...digits] : digits;
  return [0x02, signed.length, ...signed];
}
