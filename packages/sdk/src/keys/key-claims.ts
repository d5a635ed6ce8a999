import type { KeyClaims } from '@keyward/keyformat/claims';

/** What is known of a key that was let through. */
export interface Claims {
  id: string;
  /** Whom the key was issued to: the name of the client. */
  tenant: string;
  scopes: string[];
  expiresAt: Date | null;
  notBefore: Date | null;
  environment: string;
  meta: Record<string, unknown>;
  /** The key as it was presented. */
  rawKey: string;
}

/** Claims in the form of the API; times in unix seconds become Dates. */
export function claimsOf({ id, tid, scp, env, exp, nbf, meta }: KeyClaims, rawKey: string): Claims {
  return {
    id,
    tenant: tid,
    scopes: scp,
    expiresAt: exp === undefined ? null : new Date(exp * 1_000),
    notBefore: nbf === undefined ? null : new Date(nbf * 1_000),
    environment: env,
    meta: meta ?? {},
    rawKey,
  };
}
