import { hasServerKeyScope } from '@keyward/contract/access';
import type { ServerKeyRecord } from '@keyward/contract/projection';

/** `dead`: it was revoked, or has come to its end; `lacking`: it is not for validations. */
export type ServerKeyStanding = 'valid' | 'lacking' | 'dead';

/** What a server key is good for when somebody asks for a verdict. */
export function serverKeyStanding({ status, expiresAtMs, scopes }: ServerKeyRecord, nowMs: number): ServerKeyStanding {
  if (status !== 'active' || (expiresAtMs !== undefined && expiresAtMs <= nowMs)) return 'dead';
  return scopes === undefined || hasServerKeyScope(scopes, 'validate') ? 'valid' : 'lacking';
}
