import { ivBytes, tagBytes } from '../aes-gcm.ts';
import { decodeBetween, decodeExact } from '../base64url.ts';
import { publicKeyBytes } from '../x25519.ts';

/** An envelope of version 1, decoded (wire.md §2.1). */
export type EnvelopeV1 = {
  /** 32 bytes: the sender's X25519 public key. */
  epk: Buffer;
  /** 12 bytes. */
  iv: Buffer;
  /** The ciphertext and, at its end, the tag of 16 bytes. */
  ct: Buffer;
};

/** The same as it travels: unpadded base64url, in the order in which it is printed. */
export type EnvelopeV1Body = { v: '1'; epk: string; iv: string; ct: string };

/** The longest `ct` unless the reader says otherwise: Fastify's own limit for a body. */
const defaultMaxCtBytes = 1_048_576;

/**
 * Reads a parsed JSON body as an envelope of version 1. Undefined when it is none: another version (`v` is the text `1`), a
 * field that is missing, no text, of a wrong length (checked before decoding) or not strict base64url. Further fields are
 * ignored, since published SDKs may send more (wire.md, head).
 */
export function parseEnvelopeV1(body: unknown, limits: { maxCtBytes?: number } = {}): EnvelopeV1 | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const fields: { [name in keyof EnvelopeV1Body]?: unknown } = body;
  if (fields.v !== '1') return undefined;
  const epk = decodeExact(fields.epk, publicKeyBytes);
  const iv = decodeExact(fields.iv, ivBytes);
  const maxBytes = limits.maxCtBytes ?? defaultMaxCtBytes;
  const ct = epk && iv && decodeBetween(fields.ct, { minBytes: tagBytes, maxBytes });
  return epk && iv && ct && { epk, iv, ct };
}

export function printEnvelopeV1({ epk, iv, ct }: EnvelopeV1): EnvelopeV1Body {
  return { v: '1', epk: epk.toString('base64url'), iv: iv.toString('base64url'), ct: ct.toString('base64url') };
}
