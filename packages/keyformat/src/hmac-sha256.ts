import { createHmac } from 'node:crypto';

/** HMAC-SHA-256 over the parts of a message, one after the other; texts, also as key, stand for their UTF-8 bytes. */
export function hmacSha256(key: string | Uint8Array, ...message: readonly (string | Uint8Array)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of message) hmac.update(part);
  return hmac.digest();
}
