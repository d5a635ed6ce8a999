import { ivBytes, tagBytes } from '../aes-gcm.ts';
import { decodeBetween, decodeExact } from '../base64url.ts';
import { publicKeyBytes } from '../x25519.ts';
import { isTimestamp } from './timestamp.ts';

/** An envelope of version 2, decoded (wire.md §6). Requests and replies have one shape. */
export type EnvelopeV2 = {
  /** The server key that the request is sealed to. */
  kid: string;
  /** When it was sealed, ISO 8601, as it was sent. */
  ts: string;
  /** 32 bytes: the ephemeral public key of the session, also in the reply. */
  epk: Buffer;
  /** 12 bytes. */
  iv: Buffer;
  /** The ciphertext and, at its end, the tag of 16 bytes. */
  ct: Buffer;
};

/** The same as it travels: unpadded base64url, in the order in which it is printed. */
export type EnvelopeV2Body = { v: '2'; kid: string; ts: string; epk: string; iv: string; ct: string };

/** It stands in the canonical line between spaces, and in a label. */
const kidShape = /^[0-9A-Za-z_-]{1,64}$/;

/** The longest `ct` unless the reader says otherwise: Fastify's own limit for a body. */
const defaultMaxCtBytes = 1_048_576;

/**
 * Reads a parsed JSON body as an envelope of version 2. Undefined when it is none: another version, a field that is missing,
 * no text, of a wrong shape or length (checked before decoding) or not strict base64url. Whether `ts` is a moment that
 * exists is not asked here; it is authenticated as it stands.
 */
export function parseEnvelopeV2(body: unknown, limits: { maxCtBytes?: number } = {}): EnvelopeV2 | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const fields: { [name in keyof EnvelopeV2Body]?: unknown } = body;
  const { v, kid, ts } = fields;
  if (v !== '2' || typeof kid !== 'string' || !kidShape.test(kid) || !isTimestamp(ts)) return undefined;
  const epk = decodeExact(fields.epk, publicKeyBytes);
  const iv = decodeExact(fields.iv, ivBytes);
  const maxBytes = limits.maxCtBytes ?? defaultMaxCtBytes;
  const ct = epk && iv && decodeBetween(fields.ct, { minBytes: tagBytes, maxBytes });
  return epk && iv && ct && { kid, ts, epk, iv, ct };
}

/** The JSON text of one. None of its values holds what JSON escapes, so that nothing has to be looked for in them. */
export function printEnvelopeV2({ kid, ts, epk, iv, ct }: EnvelopeV2): string {
  const key = `"v":"2","kid":"${kid}","ts":"${ts}","epk":"${epk.toString('base64url')}"`;
  return `{${key},"iv":"${iv.toString('base64url')}","ct":"${ct.toString('base64url')}"}`;
}
