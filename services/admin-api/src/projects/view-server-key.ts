import type { ServerKey } from '@keyward/contract/routes/server-key';
import type { ServerKeyRow } from '@keyward/stores/postgres/server-keys';

/** A server key as the API shows it. */
export function viewServerKey(row: ServerKeyRow, now: Date): ServerKey {
  return {
    id: row.id,
    name: row.name,
    keyPrefix: row.key_prefix,
    status: statusOf(row, now),
    scopes: row.scopes,
    expiresAt: row.expires_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}

function statusOf({ status, expires_at }: ServerKeyRow, now: Date): ServerKey['status'] {
  return status === 'active' && expires_at !== null && expires_at <= now ? 'expired' : status;
}
