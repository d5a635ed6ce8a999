import type { Role } from '@keyward/contract/access';
import type { Removed } from '@keyward/contract/fields';
import {
  changeMember as changeRoute,
  Member,
  type MemberChange,
  removeMember as removeRoute,
} from '@keyward/contract/routes/member';
import { AppError } from '@keyward/kit/app-error';
import {
  deleteMember,
  findMember,
  listMembersPage,
  lockMembers,
  type MemberRow,
  setRole,
} from '@keyward/stores/postgres/members';
import { makeRenewalsDue } from '@keyward/stores/postgres/user-sessions';
import type { OrganizationCall } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { makeChange } from '../changes/make-change.ts';
import { done, type Outcome, removed } from '../changes/outcome.ts';
import { type Paged, paged } from '../paging.ts';
import { requireAnotherOwner, requireOwnerFor } from './owners.ts';

interface ListOptions {
  organizationId: string;
  filter: { role?: Role; email?: string };
  page: number;
  limit: number;
}

export async function readMembers(
  { db }: Administration,
  { organizationId, filter, page, limit }: ListOptions,
): Promise<Paged<Member>> {
  const { total, rows } = await listMembersPage(db, { organizationId, ...filter, limit, offset: (page - 1) * limit });
  return paged({ data: rows.map(viewMember), total, page, limit });
}

export async function readMember(
  { db }: Administration,
  { organizationId, userId }: { organizationId: string; userId: string },
): Promise<Member> {
  return viewMember(known(await findMember(db, organizationId, userId)));
}

/** From the answer on they may do what the new role may; their sessions get new tokens. */
export async function changeMember(
  administration: Administration,
  call: OrganizationCall,
  { userId, role }: MemberChange & { userId: string },
): Promise<Outcome<Member>> {
  const { organizationId } = call;
  const present = known(await findMember(administration.db, organizationId, userId));
  await requireOwnerFor(administration, call, { roles: [present.role, role], route: changeRoute });
  return makeChange(administration, call, async (change) => {
    const row = await lockedMember(change, call, { userId, seenAs: present.role });
    const before = viewMember(row);
    const after = { ...before, role: role ?? row.role };
    if (before.role === after.role) return done(before);
    if (before.role === 'owner') await requireAnotherOwner(change.transaction, organizationId);
    await setRole(change.transaction, { organizationId, userId, role: after.role });
    await makeRenewalsDue(change.transaction, userId);
    change.record({ action: 'member.change', subject: { kind: 'member', id: userId }, before, after });
    return done(after);
  });
}

/** From the answer on they are nobody here, by whatever session or key. */
export async function removeMember(
  administration: Administration,
  call: OrganizationCall,
  userId: string,
): Promise<Outcome<Removed>> {
  const present = known(await findMember(administration.db, call.organizationId, userId));
  await requireOwnerFor(administration, call, { roles: [present.role], route: removeRoute });
  return endMembership(administration, call, present);
}

/** Somebody goes by themselves. */
export async function leaveOrganization(
  administration: Administration,
  call: OrganizationCall,
): Promise<Outcome<Removed>> {
  const { actor, organizationId } = call;
  if (actor.kind !== 'account') throw new AppError('FORBIDDEN', 'Only a person leaves an organization.');
  return endMembership(administration, call, known(await findMember(administration.db, organizationId, actor.userId)));
}

async function endMembership(
  administration: Administration,
  call: OrganizationCall,
  { userId, role: seenAs }: MemberRow,
): Promise<Outcome<Removed>> {
  const { organizationId } = call;
  return makeChange(administration, call, async (change) => {
    const row = await lockedMember(change, call, { userId, seenAs });
    if (row.role === 'owner') await requireAnotherOwner(change.transaction, organizationId);
    await deleteMember(change.transaction, { organizationId, userId });
    await makeRenewalsDue(change.transaction, userId);
    change.record({ action: 'member.delete', subject: { kind: 'member', id: userId }, before: viewMember(row) });
    return removed;
  });
}

/** The member, while nobody else changes members; what the caller may do was told by the role that was seen before. */
async function lockedMember(
  { transaction }: Change,
  { organizationId, ifMatch }: OrganizationCall,
  { userId, seenAs }: { userId: string; seenAs: Role },
): Promise<MemberRow> {
  await lockMembers(transaction, organizationId);
  const row = known(await findMember(transaction, organizationId, userId));
  requireMatch(ifMatch, etagOf(Member, viewMember(row)));
  if (row.role !== seenAs) throw new AppError('CONFLICT', 'Their role was changed at the same time; try again.');
  return row;
}

function known(row: MemberRow | undefined): MemberRow {
  if (!row) throw new AppError('NOT_FOUND', 'There is no such member.');
  return row;
}

function viewMember({ createdAt, ...row }: MemberRow): Member {
  return { ...row, createdAt: createdAt.toISOString() };
}
