import { createCipheriv, createDecipheriv } from 'node:crypto';

export const aesKeyBytes = 32;
export const ivBytes = 12;
export const tagBytes = 16;

const algorithm = 'aes-256-gcm';
const options = { authTagLength: tagBytes };

export type AesGcmInput = {
  /** 32 bytes. */
  aesKey: Buffer;
  /** 12 bytes, never twice under one key. */
  iv: Buffer;
  /** Authenticated beside the text; none in version 1. */
  aad?: Buffer;
};

/** AES-256-GCM: the ciphertext, of bytes or of a text's UTF-8, followed by its tag. Throws RangeError for a key or iv of another length. */
export function sealAesGcm({ aesKey, iv, aad, plaintext }: AesGcmInput & { plaintext: Buffer | string }): Buffer {
  if (!isSized(aesKey, iv))
    throw new RangeError(`AES-256-GCM takes a key of ${aesKeyBytes} and an iv of ${ivBytes} bytes`);
  const cipher = createCipheriv(algorithm, aesKey, iv, options);
  if (aad !== undefined) cipher.setAAD(aad);
  const ct = typeof plaintext === 'string' ? cipher.update(plaintext, 'utf8') : cipher.update(plaintext);
  // GCM is a stream: `final` has no bytes left, it only makes the tag.
  cipher.final();
  return Buffer.concat([ct, cipher.getAuthTag()]);
}

/** The plaintext of ciphertext ‖ tag. Undefined when the tag does not hold or a length is wrong; nothing says which. */
export function openAesGcm({ aesKey, iv, aad, ct }: AesGcmInput & { ct: Buffer }): Buffer | undefined {
  if (!isSized(aesKey, iv) || ct.length < tagBytes) return undefined;
  const tagAt = ct.length - tagBytes;
  const decipher = createDecipheriv(algorithm, aesKey, iv, options);
  if (aad !== undefined) decipher.setAAD(aad);
  decipher.setAuthTag(ct.subarray(tagAt));
  const plaintext = decipher.update(ct.subarray(0, tagAt));
  try {
    // As above, it only judges the tag.
    decipher.final();
  } catch {
    return undefined;
  }
  return plaintext;
}

function isSized(aesKey: Buffer, iv: Buffer): boolean {
  return aesKey.length === aesKeyBytes && iv.length === ivBytes;
}
