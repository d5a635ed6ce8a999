import type { Insertable } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

/** People, what they belong to, and what they identify themselves with. */
export interface Membership {
  organizationId: string;
  organizationName: string;
  role: 'owner' | 'admin' | 'developer' | 'viewer';
}

export async function insertOrganization(db: Database, row: Insertable<Schema['organization']>): Promise<void> {
  await db.insertInto('organization').values(row).execute();
}

/** The oldest come first. */
export async function listOrganizationIds(db: Database, limit: number): Promise<string[]> {
  const query = db.selectFrom('organization').select('id').orderBy('created_at').orderBy('id').limit(limit);
  return (await query.execute()).map(({ id }) => id);
}

export async function insertUser(db: Database, row: Insertable<Schema['user']>): Promise<void> {
  await db.insertInto('user').values(row).execute();
}

export async function insertMember(db: Database, row: Insertable<Schema['member']>): Promise<void> {
  await db.insertInto('member').values(row).execute();
}

export async function insertAccountKey(db: Database, row: Insertable<Schema['account_key']>): Promise<void> {
  await db.insertInto('account_key').values(row).execute();
}

/** Whose account key this is, if it lives at `now`. */
export async function findAccountByKey(
  db: Database,
  digest: Buffer,
  now: Date,
): Promise<{ userId: string } | undefined> {
  return db
    .selectFrom('account_key')
    .select('user_id as userId')
    .where('digest', '=', digest)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
    .executeTakeFirst();
}

export async function findMemberships(db: Database, userId: string): Promise<Membership[]> {
  return db
    .selectFrom('member')
    .innerJoin('organization', 'organization.id', 'member.organization_id')
    .select(['organization.id as organizationId', 'organization.name as organizationName', 'member.role'])
    .where('member.user_id', '=', userId)
    .orderBy('organization.created_at')
    .execute();
}

export async function listMembers(
  db: Database,
  organizationId: string,
): Promise<{ id: string; email: string; role: string }[]> {
  return db
    .selectFrom('member')
    .innerJoin('user', 'user.id', 'member.user_id')
    .select(['user.id', 'user.email', 'member.role'])
    .where('member.organization_id', '=', organizationId)
    .orderBy('member.created_at')
    .execute();
}

/** The first organization that was made, with its owner; undefined on a fresh installation. */
export async function findFirstOwner(
  db: Database,
): Promise<{ organizationId: string; userId: string; email: string } | undefined> {
  return db
    .selectFrom('member')
    .innerJoin('user', 'user.id', 'member.user_id')
    .select(['member.organization_id as organizationId', 'user.id as userId', 'user.email'])
    .where('member.role', '=', 'owner')
    .orderBy('member.created_at')
    .limit(1)
    .executeTakeFirst();
}
