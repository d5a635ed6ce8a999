import { HttpFailure } from './http-client.ts';

/**
 * Reads UTF-8, and refuses what is none: a replaced character would change what was said (an id, a message) without a word,
 * and an answer that is compressed or cut would become a text. A byte order mark stays, since JSON has none (RFC 8259, 8.1).
 *
 * @throws {HttpFailure} protocol
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new HttpFailure('protocol', 'the body of the answer is not UTF-8', { cause });
  }
}
