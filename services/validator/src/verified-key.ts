import type { KeyDetails, KeyRecord } from '@keyward/contract/projection';
import type { Verdict } from '@keyward/contract/verdict';
import type { VerifiedKey } from '@keyward/contract/verified-key';
import type { KeyUses } from '@keyward/stores/ports/decision-store';

/**
 * What a verification tells of the key: nothing of one that is not this environment's or not of the named product, which is
 * answered like an unknown one, nor of one that was deleted; and nothing where the request itself is refused, which may not
 * come from who may know.
 */
export function verifiedKey(verdict: Verdict, key: KeyRecord, uses: KeyUses | undefined): VerifiedKey | undefined {
  if (untold.has(verdict) || key.status === 'deleted') return undefined;
  return {
    id: key.keyId,
    clientId: key.clientId,
    scopes: key.scopes,
    ...detailsOf(key),
    expiresAt: isoTime(key.expiresAtMs),
    lastUsedAt: isoTime(uses?.lastAtMs),
    useCount: uses?.count ?? null,
  };
}

const untold: ReadonlySet<Verdict> = new Set([
  'INVALID_KEY',
  'SIGNATURE_REQUIRED',
  'SIGNATURE_INVALID',
  'REPLAYED',
  'STALE_REQUEST',
]);

function detailsOf({ details }: KeyRecord): Pick<VerifiedKey, 'name' | 'metadata'> {
  // Only our own projection writes these, so their shape is taken as written.
  return details === undefined ? { name: null, metadata: {} } : (JSON.parse(details) as KeyDetails);
}

function isoTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
