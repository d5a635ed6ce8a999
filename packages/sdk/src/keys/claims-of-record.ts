import type { KnownKey } from '../server/ask-server.ts';
import type { Claims } from './key-claims.ts';

/**
 * The claims of a key that the server knows: its record says scopes, metadata and the end of life, for they can be changed there
 * (wire.md §1); of what only a signed key says, the rest is kept.
 */
export function claimsOfRecord(
  { id, name, scopes, metadata, expiresAt }: KnownKey,
  { rawKey, claims }: { rawKey: string; claims: Claims | undefined },
): Claims {
  return {
    id: claims?.id ?? id,
    tenant: claims?.tenant ?? name ?? '',
    scopes,
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    notBefore: claims?.notBefore ?? null,
    environment: claims?.environment ?? '',
    meta: { ...claims?.meta, ...metadata },
    rawKey,
  };
}
