import { Name } from '@keyward/contract/fields';
import type { SignedKeyFacts } from '@keyward/contract/validation-event';
import type { KeyClaims } from '@keyward/keyformat/claims';
import { compileValidator } from '@keyward/kit/validation';

const name = compileValidator(Name);
const maxFactsBytes = 4_096;

interface VerifiedKey {
  digest: string;
  claims: KeyClaims;
  /** What it was verified by. */
  secretId: string | undefined;
}

/**
 * What the events of a key tell, so that it can be registered; undefined for one that cannot be, because no client may have
 * the name that it states, or it states more than an event should hold.
 */
export function signedKeyFacts({ digest, claims, secretId }: VerifiedKey): SignedKeyFacts | undefined {
  if (!name.check(claims.tid)) return undefined;
  const facts = {
    digest,
    ...(secretId === undefined ? {} : { secretId }),
    tenant: claims.tid,
    claimedId: claims.id,
    scopes: claims.scp,
    ...lifetimeOf(claims),
  };
  return Buffer.byteLength(JSON.stringify(facts)) <= maxFactsBytes ? facts : undefined;
}

/** Until when and since when a key may be used, by its own word. */
export function lifetimeOf({ exp, nbf }: KeyClaims): Pick<SignedKeyFacts, 'expiresAtMs' | 'notBeforeMs'> {
  return {
    ...(exp === undefined ? {} : { expiresAtMs: Math.ceil(exp * 1_000) }),
    ...(nbf === undefined ? {} : { notBeforeMs: Math.ceil(nbf * 1_000) }),
  };
}
