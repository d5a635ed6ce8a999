import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ivBytes = 12;
const tagBytes = 16;

/**
 * Secrets at rest: AES-256-GCM, `iv ‖ ciphertext ‖ tag`, with the row's id as additional data, so that a sealed
 * secret cannot be moved to another row (design.md §9).
 */
export class SecretBox {
  readonly #key: Buffer;

  /** @param key 32 bytes in base64url or base64. */
  constructor(key: string) {
    this.#key = Buffer.from(key, 'base64');
    if (this.#key.length !== 32) throw new Error('a sealing key has 32 bytes, in base64');
  }

  seal(secret: string, rowId: string): Buffer {
    const iv = randomBytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(Buffer.from(rowId));
    return Buffer.concat([iv, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  }

  /** Throws when the text was sealed by another key, for another row, or was changed. */
  open(sealed: Buffer, rowId: string): string {
    const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(rowId)).setAuthTag(sealed.subarray(-tagBytes));
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes, -tagBytes)), decipher.final()]).toString('utf8');
  }
}
