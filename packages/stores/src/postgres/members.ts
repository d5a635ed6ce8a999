import type { Role } from '@keyward/contract/access';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { containing, type Part } from './page.ts';

/** Who belongs to an organization. */
export interface MemberRow {
  userId: string;
  email: string;
  role: Role;
  createdAt: Date;
}

interface Listing extends Part {
  organizationId: string;
  role?: Role | undefined;
  /** A part of it, in any letter case. */
  email?: string | undefined;
}

/** Newest first. */
export async function listMembersPage(
  db: Database,
  { organizationId, role, email, limit, offset }: Listing,
): Promise<{ total: number; rows: MemberRow[] }> {
  let query = membersOf(db, organizationId);
  if (role !== undefined) query = query.where('member.role', '=', role);
  if (email !== undefined) query = query.where('user.email', 'ilike', containing(email));
  const { total } = await query.select(sql<number>`count(*)::int`.as('total')).executeTakeFirstOrThrow();
  const rows = await query
    .select(shown)
    .orderBy('member.created_at', 'desc')
    .orderBy('member.user_id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return { total, rows };
}

export async function findMember(db: Database, organizationId: string, userId: string): Promise<MemberRow | undefined> {
  return membersOf(db, organizationId).select(shown).where('member.user_id', '=', userId).executeTakeFirst();
}

/** Until the transaction ends nobody else changes who belongs to the organization as what. */
export async function lockMembers(transaction: Database, organizationId: string): Promise<void> {
  await transaction
    .selectFrom('organization')
    .select('id')
    .where('id', '=', organizationId)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export async function countOwners(db: Database, organizationId: string): Promise<number> {
  const owners = db.selectFrom('member').where('organization_id', '=', organizationId).where('role', '=', 'owner');
  return (await owners.select(sql<number>`count(*)::int`.as('count')).executeTakeFirstOrThrow()).count;
}

interface Membered {
  organizationId: string;
  userId: string;
}

export async function setRole(
  db: Database,
  { organizationId, userId, role }: Membered & { role: Role },
): Promise<void> {
  await db
    .updateTable('member')
    .set({ role })
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .execute();
}

export async function deleteMember(db: Database, { organizationId, userId }: Membered): Promise<void> {
  await db.deleteFrom('member').where('organization_id', '=', organizationId).where('user_id', '=', userId).execute();
}

const shown = ['user.id as userId', 'user.email', 'member.role', 'member.created_at as createdAt'] as const;

function membersOf(db: Database, organizationId: string) {
  return db
    .selectFrom('member')
    .innerJoin('user', 'user.id', 'member.user_id')
    .where('member.organization_id', '=', organizationId);
}
