import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { printHex } from '@keyward/keyformat/hex';
import { hashOfKey } from '@keyward/keyformat/key-digest';

/**
 * SHA-256 of a key in hex, to store and look up instead of the key. Of a signed key it is that of its one canonical spelling
 * (wire.md §1), so that whoever pads a key with zeros gets no second identity.
 */
export function hashKey(rawKey: string): string {
  return printHex(hashOfKey(canonicalKey(rawKey)?.canonical ?? rawKey));
}
