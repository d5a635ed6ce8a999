import { randomBytes, timingSafeEqual } from 'node:crypto';
import { decodeBase62, encodeBase62 } from './base62.ts';
import { type ClaimsCodecName, type KeyClaims, printClaims, readClaims } from './claims.ts';
import { hmacSha256 } from './hmac-sha256.ts';
import { joinSignedKey, maxKeyChars, splitSignedKey } from './split-signed-key.ts';

const signatureBytes = 32;

/** A signed key of good shape; nothing is decoded until it is asked for, and nothing about it is proved. */
export type SignedKey = {
  canonical: string;
  payload: () => Uint8Array;
  /** 32 bytes, padded on the left. */
  signature: () => Uint8Array;
};

/** Reads the shape of a signed key (wire.md §1); caps and alphabet are checked before any decoding. */
export function parseSignedKey(raw: string): SignedKey | undefined {
  const parts = splitSignedKey(raw);
  if (parts === undefined) return undefined;
  return {
    canonical: joinSignedKey(parts),
    payload: () => decoded(parts.payload),
    signature: () => padLeft(decoded(parts.signature)),
  };
}

/** The key that carries `payload`, signed with `secret`. Payloads that begin with a zero byte cannot be carried. */
export function printSignedKey(payload: Uint8Array, secret: string): string {
  return joinSignedKey({ payload: encodeBase62(payload), signature: encodeBase62(hmacSha256(secret, payload)) });
}

export type IssueSignedKeyOptions = {
  claims: Omit<KeyClaims, 'id'>;
  /** The environment's first signing secret; its UTF-8 bytes are the HMAC key, also when it looks like hex. */
  secret: string;
  nowMs: number;
  codec?: ClaimsCodecName;
};

/**
 * A new signed key with a fresh `id`, and its claims as every reader will see them.
 * Throws RangeError when the secret is empty or the key would pass 4,096 characters, TypeError when readers would refuse the claims.
 */
export function issueSignedKey({ claims, secret, nowMs, codec = 'json' }: IssueSignedKeyOptions): {
  key: string;
  claims: KeyClaims;
} {
  if (secret.length === 0) throw new RangeError('a signing secret is not empty');
  for (;;) {
    const payload = printClaims({ ...claims, id: drawId(nowMs) }, codec);
    const signature = hmacSha256(secret, payload);
    // Published SDKs do not pad: they refuse a signature whose first byte is zero (wire.md §1), one in 256.
    if (signature[0] === 0) continue;
    const key = joinSignedKey({ payload: encodeBase62(payload), signature: encodeBase62(signature) });
    if (key.length > maxKeyChars) throw new RangeError(`a signed key has at most ${maxKeyChars} characters`);
    const read = readClaims(payload);
    if (read === undefined) throw new TypeError('these claims could not be read back');
    return { key, claims: read };
  }
}

/** What one of the secrets has signed; whether the payload can be read is not asked. */
export type SignedPayload = { payload: Uint8Array; canonical: string; secretIndex: number };

/**
 * The payload of a key that one of `secrets` signed, its canonical form and which secret it was; undefined otherwise.
 * Every secret is tried, each compared in constant time.
 */
export function verifySignature(raw: string, secrets: readonly string[]): SignedPayload | undefined {
  const parts = splitSignedKey(raw);
  if (parts === undefined) return undefined;
  const payload = decoded(parts.payload);
  const signature = padLeft(decoded(parts.signature));
  // An empty secret would let anybody sign.
  const matches = secrets.map((secret) => secret.length > 0 && timingSafeEqual(hmacSha256(secret, payload), signature));
  const secretIndex = matches.indexOf(true);
  return secretIndex < 0 ? undefined : { payload, canonical: joinSignedKey(parts), secretIndex };
}

/** The same with the claims in the payload, if they can be read. `exp` and `nbf` are not judged here. */
export function verifySignedKey(
  raw: string,
  secrets: readonly string[],
): { claims: KeyClaims; canonical: string; secretIndex: number } | undefined {
  const signed = verifySignature(raw, secrets);
  const claims = signed && readClaims(signed.payload);
  return claims && { claims, canonical: signed.canonical, secretIndex: signed.secretIndex };
}

/** Time first, so that ids sort by age: 8 bytes of milliseconds, 10 random ones. */
function drawId(nowMs: number): string {
  const bytes = new Uint8Array(18);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(nowMs));
  bytes.set(randomBytes(10), 8);
  return encodeBase62(bytes);
}

function decoded(part: string): Uint8Array {
  const bytes = decodeBase62(part);
  if (bytes === undefined) throw new TypeError('the shape of a signed key admits base62 only');
  return bytes;
}

function padLeft(bytes: Uint8Array): Uint8Array {
  if (bytes.length === signatureBytes) return bytes;
  const padded = new Uint8Array(signatureBytes);
  padded.set(bytes, signatureBytes - bytes.length);
  return padded;
}
