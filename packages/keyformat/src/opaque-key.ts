import { randomBytes } from 'node:crypto';
import { base62Digits } from './base62.ts';
import { crc32 } from './crc32.ts';

const randomChars = 30;
const checksumChars = 6;
const maxPrefixChars = 32;
const maxChars = maxPrefixChars + 1 + randomChars + checksumChars;

const prefixShape = /^(?!apikee(?:_|$))[0-9A-Za-z](?:[0-9A-Za-z_]{0,30}[0-9A-Za-z])?$/;
const tailShape = /^_[0-9A-Za-z]{36}$/;

/** The least byte that would make the first digits of base62 likelier than the last: 4 × 62. */
const biasedFrom = 248;

/**
 * A new opaque key: `{prefix}_`, 30 random base62 characters, 6 of checksum (wire.md §1).
 * A prefix has 1 to 32 letters, digits and inner `_`; `apikee` and what begins with `apikee_` belong to signed keys.
 * Throws RangeError for any other.
 */
export function issueOpaqueKey(prefix: string): string {
  if (!prefixShape.test(prefix)) throw new RangeError('a key prefix has 1 to 32 letters, digits or inner underscores');
  const body = `${prefix}_${randomBase62(randomChars)}`;
  return body + checksum(body, body.length);
}

/** The prefix of an opaque key whose checksum holds. Read from the end, since a prefix may hold `_`. */
export function parseOpaqueKey(raw: string): { prefix: string } | undefined {
  if (raw.length > maxChars) return undefined;
  const prefixEnd = raw.length - 1 - randomChars - checksumChars;
  const prefix = raw.slice(0, Math.max(0, prefixEnd));
  if (!prefixShape.test(prefix) || !tailShape.test(raw.slice(prefixEnd))) return undefined;
  const bodyEnd = raw.length - checksumChars;
  return raw.endsWith(checksum(raw, bodyEnd)) ? { prefix } : undefined;
}

/** CRC-32 over the first `end` characters, in 6 base62 digits. */
function checksum(text: string, end: number): string {
  let rest = crc32(text, end);
  let digits = '';
  for (let i = 0; i < checksumChars; i++) {
    digits = base62Digits.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Uniform by rejection: bytes from 248 up are drawn again. */
function randomBase62(chars: number): string {
  let text = '';
  while (text.length < chars) {
    for (const byte of randomBytes(chars)) {
      if (byte < biasedFrom && text.length < chars) text += base62Digits.charAt(byte % 62);
    }
  }
  return text;
}
