import { parseOpaqueKey } from './opaque-key.ts';
import { joinSignedKey, signedKeyPrefix, splitSignedKey } from './split-signed-key.ts';

export type CanonicalKey =
  | { kind: 'signed'; canonical: string }
  | { kind: 'opaque'; canonical: string; prefix: string };

/**
 * The spelling by which a raw key is known, for its digest; undefined for what cannot be a key of ours.
 *
 * What begins with `apikee_` is a signed key or nothing, everything else an opaque key or nothing: no opaque prefix may be
 * or begin with `apikee_`. A signed key is stripped of leading `0`s and not decoded: whether its signature holds is asked
 * only when it has no record. An opaque key's checksum must hold, so that garbage is refused without I/O (wire.md §1).
 */
export function canonicalKey(raw: string): CanonicalKey | undefined {
  if (raw.startsWith(signedKeyPrefix)) {
    const parts = splitSignedKey(raw);
    return parts && { kind: 'signed', canonical: joinSignedKey(parts) };
  }
  const opaque = parseOpaqueKey(raw);
  return opaque && { kind: 'opaque', canonical: raw, prefix: opaque.prefix };
}
