import type { Removed } from '@keyward/contract/fields';
import { AppError } from '@keyward/kit/app-error';
import { findMemberships } from '@keyward/stores/postgres/accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { eraseUser as erase, listInvitingOrganizations, lockUser } from '@keyward/stores/postgres/erase-user';
import { countOwners, lockMembers } from '@keyward/stores/postgres/members';
import type { SessionCall } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { requireNoTag } from '../changes/etag.ts';
import { changeAccount } from '../changes/make-change.ts';
import { removed } from '../changes/outcome.ts';
import type { WithCookies } from './begin-session.ts';
import { noSessionCookie } from './session-cookie.ts';

/** Whoever finds a browser that was left open cannot erase whose it is. */
const freshMs = 600_000;

/** Erases the person who asks. From the answer on no session and no key of theirs is anybody's. */
export async function eraseUser(administration: Administration, call: SessionCall): Promise<WithCookies<Removed>> {
  const { db, clock, policy } = administration;
  const { session, organizationIds } = call;
  const { user_id: userId, email } = session;
  if (session.created_at.getTime() < clock.nowMs() - freshMs)
    throw new AppError('FORBIDDEN', 'Sign in anew before you erase your account.');
  // Where they are invited, something is changed, too.
  const concerned = new Set([...organizationIds, ...(await listInvitingOrganizations(db, email))]);
  const everywhere = { ...call, organizationIds: [...concerned] };
  const outcome = await changeAccount(administration, everywhere, async (change) => {
    const { transaction } = change;
    requireNoTag(call.ifMatch);
    await lockUser(transaction, userId);
    await requireOtherOwners(transaction, userId);
    await erase(transaction, { userId, email });
    change.record({ action: 'user.delete', subject: { kind: 'user', id: userId } });
    return removed;
  });
  return { outcome, cookies: [noSessionCookie(policy)] };
}

/** Tells all organizations at once that would be nobody's. */
async function requireOtherOwners(transaction: Database, userId: string): Promise<void> {
  const memberships = await findMemberships(transaction, userId);
  const orphaned: string[] = [];
  for (const { organizationId, organizationName, role } of memberships.toSorted(byOrganization)) {
    await lockMembers(transaction, organizationId);
    if (role === 'owner' && (await countOwners(transaction, organizationId)) < 2) orphaned.push(organizationName);
  }
  if (orphaned.length > 0)
    throw new AppError(
      'CONFLICT',
      `You are the last owner of ${orphaned.join(', ')}: make somebody else an owner, or delete the organization first.`,
    );
}

function byOrganization(a: { organizationId: string }, b: { organizationId: string }): number {
  return a.organizationId < b.organizationId ? -1 : 1;
}
