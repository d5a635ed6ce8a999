import { ipRanges } from '@keyward/decision/ip-ranges';
import { keyDigest } from '@keyward/keyformat/key-digest';
import { AppError } from '@keyward/kit/app-error';
import { findAccountKey } from '@keyward/stores/postgres/account-keys';
import { findMemberships } from '@keyward/stores/postgres/accounts';
import type { Administration } from '../administration.ts';
import type { Actor } from './actor.ts';
import { callerAddress } from './caller-address.ts';
import type { CredentialedCall } from './credentialed-call.ts';
import { namedOrganization } from './named-membership.ts';

/** The person whose key this is; undefined: it is nobody's, or has expired. Its addresses are enforced on every use (wire.md §9). */
export async function accountKeyActor(
  { db, pepper, clock, policy, uses }: Administration,
  canonical: string,
  request: CredentialedCall,
): Promise<Actor | undefined> {
  const nowMs = clock.nowMs();
  const digest = keyDigest({ pepper, domain: 'account', canonical });
  const found = await findAccountKey(db, digest, new Date(nowMs));
  if (!found) return undefined;
  const { id, user_id: userId, allowed_ips: allowedIps, expires_at: expiresAt } = found;
  const allowed = ipRanges(allowedIps);
  if (!allowed.isEmpty) {
    const address = callerAddress(policy, request);
    if (address === undefined || !allowed.includes(address))
      throw new AppError('FORBIDDEN', 'This account key may not be used from your address.');
  }
  uses.accountKeys.note(id, nowMs);
  return {
    kind: 'account',
    userId,
    credential: { kind: 'account-key', id, expiresAt, allowedIps },
    memberships: await findMemberships(db, userId),
    organizationId: namedOrganization(request.headers),
  };
}
