import type { Removed } from '@keyward/contract/fields';
import { createInvitation as createRoute, Invitation, type NewInvitation } from '@keyward/contract/routes/invitation';
import { AppError } from '@keyward/kit/app-error';
import { newId } from '@keyward/kit/random';
import { findUserByEmail } from '@keyward/stores/postgres/accounts';
import {
  findInvitation,
  findUnansweredInvitation,
  type InvitationRow,
  type InvitationStatus,
  insertInvitation,
  listInvitations,
  revokeInvitation as revokeRow,
} from '@keyward/stores/postgres/invitations';
import { findMember } from '@keyward/stores/postgres/members';
import type { OrganizationCall } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { makeChange } from '../changes/make-change.ts';
import { created, type Outcome, removed } from '../changes/outcome.ts';
import { type Paged, paged } from '../paging.ts';
import { invitationStatus } from './invitation-status.ts';
import { newInvitationToken } from './invitation-token.ts';
import { requireOwnerFor } from './owners.ts';

interface ListOptions {
  organizationId: string;
  filter: { status?: InvitationStatus; email?: string };
  page: number;
  limit: number;
}

export async function readInvitations(
  { db, clock }: Administration,
  { organizationId, filter, page, limit }: ListOptions,
): Promise<Paged<Invitation>> {
  const now = new Date(clock.nowMs());
  const part = { limit, offset: (page - 1) * limit };
  const { total, rows } = await listInvitations(db, { organizationId, ...filter, now, ...part });
  return paged({ data: rows.map((row) => viewInvitation(row, now)), total, page, limit });
}

export async function readInvitation(
  { db, clock }: Administration,
  sought: { organizationId: string; id: string },
): Promise<Invitation> {
  return viewInvitation(known(await findInvitation(db, sought)), new Date(clock.nowMs()));
}

/** Invites somebody. We send no e-mail: who invites passes the link on. */
export async function createInvitation(
  administration: Administration,
  call: OrganizationCall,
  { email, role }: NewInvitation,
): Promise<Outcome<Invitation>> {
  const { pepper, policy } = administration;
  await requireOwnerFor(administration, call, { roles: [role], route: createRoute });
  return makeChange(administration, call, async (change) => {
    const { transaction, now, organizationId } = change;
    await refuseMember(change, email);
    await refuseUnanswered(change, email);
    const token = newInvitationToken(pepper);
    const row = {
      id: newId(),
      organization_id: organizationId,
      email,
      role,
      digest: token.digest,
      invited_by: call.author.id,
      expires_at: new Date(now.getTime() + policy.invitationMs),
      accepted_at: null,
      revoked_at: null,
      created_at: now,
    };
    if (!(await insertInvitation(transaction, row)))
      throw new AppError('CONFLICT', 'Somebody invited them at the same time.');
    const view = viewInvitation(row, now);
    change.record({ action: 'invitation.create', subject: { kind: 'invitation', id: row.id }, after: view });
    // Behind `#`: the browser sends it to nobody.
    const link = policy.origin === undefined ? null : `${policy.origin}/invitation#${token.raw}`;
    return created({ ...view, token: token.raw, link });
  });
}

/** From the answer on it cannot be accepted. */
export async function revokeInvitation(
  administration: Administration,
  call: OrganizationCall,
  id: string,
): Promise<Outcome<Removed>> {
  const { organizationId, ifMatch } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    const row = known(await findInvitation(transaction, { organizationId, id, lock: true }));
    const before = viewInvitation(row, now);
    requireMatch(ifMatch, etagOf(Invitation, before));
    if (row.accepted_at !== null) throw new AppError('CONFLICT', 'It was accepted; remove the member instead.');
    if (row.revoked_at !== null) return removed;
    await revokeRow(transaction, id, now);
    change.record({ action: 'invitation.revoke', subject: { kind: 'invitation', id }, before });
    return removed;
  });
}

async function refuseMember({ transaction, organizationId }: Change, email: string): Promise<void> {
  const user = await findUserByEmail(transaction, email);
  if (user && (await findMember(transaction, organizationId, user.id)))
    throw new AppError('ALREADY_EXISTS', 'They belong to this organization.', { existingId: user.id });
}

/** One that has expired makes room. */
async function refuseUnanswered({ transaction, organizationId, now }: Change, email: string): Promise<void> {
  const unanswered = await findUnansweredInvitation(transaction, organizationId, email);
  if (!unanswered) return;
  if (unanswered.expires_at > now)
    throw new AppError('ALREADY_EXISTS', 'They are invited; revoke that invitation to make another.', {
      existingId: unanswered.id,
    });
  await revokeRow(transaction, unanswered.id, now);
}

function known(row: InvitationRow | undefined): InvitationRow {
  if (!row) throw new AppError('NOT_FOUND', 'There is no such invitation.');
  return row;
}

function viewInvitation(row: InvitationRow, now: Date): Invitation {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    status: invitationStatus(row, now),
    invitedBy: row.invited_by,
    expiresAt: row.expires_at.toISOString(),
    createdAt: row.created_at.toISOString(),
  };
}
