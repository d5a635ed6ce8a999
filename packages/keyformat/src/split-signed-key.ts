/** The two parts of a signed key in base62, without leading `0`s. */
export type SignedKeyParts = { payload: string; signature: string };

/** What every signed key begins with, and no opaque one. */
export const signedKeyPrefix = 'apikee_';

/** wire.md §1, "caps" */
export const maxKeyChars = 4096;

const shape = /^apikee_0*([1-9A-Za-z][0-9A-Za-z]*)\.0*([1-9A-Za-z][0-9A-Za-z]{0,42})$/;

/** 2^256 - 1. The digits of base62 stand in the order of ASCII, so texts of equal length compare as their numbers do. */
const largestSignature = 'yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1';

/**
 * Checks length, alphabet and shape of a signed key and strips the leading `0`s of both parts, in one pass and without
 * decoding anything. Undefined when it is no signed key, or its signature is longer than 32 bytes.
 */
export function splitSignedKey(raw: string): SignedKeyParts | undefined {
  if (raw.length > maxKeyChars) return undefined;
  const [, payload, signature] = shape.exec(raw) ?? [];
  if (payload === undefined || signature === undefined) return undefined;
  if (signature.length === largestSignature.length && signature > largestSignature) return undefined;
  return { payload, signature };
}

/** The one spelling of a signed key by which it is known (wire.md §1, "canonical form"). */
export function joinSignedKey({ payload, signature }: SignedKeyParts): string {
  return `${signedKeyPrefix}${payload}.${signature}`;
}
