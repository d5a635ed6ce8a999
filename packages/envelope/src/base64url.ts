/**
 * The bytes that `text` spells in unpadded base64url, when there are exactly `bytes` of them. Undefined for anything else:
 * another type or length (checked before decoding), padding, standard base64, non-zero trailing bits. One value has one spelling.
 */
export function decodeExact(text: unknown, bytes: number): Buffer | undefined {
  return decodeBetween(text, { minBytes: bytes, maxBytes: bytes });
}

/** As `decodeExact`, for a value of `minBytes` to `maxBytes`. */
export function decodeBetween(text: unknown, bounds: { minBytes: number; maxBytes: number }): Buffer | undefined {
  if (typeof text !== 'string') return undefined;
  if (text.length < charsOf(bounds.minBytes) || text.length > charsOf(bounds.maxBytes)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  // Node's decoder skips what is foreign and takes both alphabets. What does not print back was not strict base64url.
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** Characters of unpadded base64 for so many bytes: 4 for 3, rounded up. */
function charsOf(bytes: number): number {
  return Math.ceil((bytes * 4) / 3);
}
