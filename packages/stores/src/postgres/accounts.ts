import type { Role } from '@keyward/contract/access';
import { type Insertable, type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

/** As the index has it. */
const lowerEmail = sql<string>`lower(email)`;

/** People, what they belong to, and what they identify themselves with. */
export interface Membership {
  organizationId: string;
  organizationName: string;
  role: Role;
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

/** The same, unless that e-mail address has an account; answers whether it did. */
export async function insertNewUser(db: Database, row: Insertable<Schema['user']>): Promise<boolean> {
  const query = db.insertInto('user').values(row);
  const inserted = await query
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Any number that no other advisory lock of ours uses. */
const setUpLock = 4_302_003;

/** Until the transaction ends nobody else sets the installation up. */
export async function lockSetUp(transaction: Database): Promise<void> {
  await sql`select pg_advisory_xact_lock(${setUpLock}::bigint)`.execute(transaction);
}

export async function hasUsers(db: Database): Promise<boolean> {
  return (await db.selectFrom('user').select('id').limit(1).executeTakeFirst()) !== undefined;
}

export type UserRow = Selectable<Schema['user']>;

/** In any letter case. */
export async function findUserByEmail(db: Database, email: string): Promise<UserRow | undefined> {
  return db.selectFrom('user').selectAll().where(lowerEmail, '=', email.toLowerCase()).executeTakeFirst();
}

export async function findUser(db: Database, id: string): Promise<UserRow | undefined> {
  return db.selectFrom('user').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Replaces a password's hash, unless it is another one by now; answers whether it did. */
export async function replacePasswordHash(
  db: Database,
  { userId, from, to }: { userId: string; from: string; to: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('user')
    .set({ password_hash: to })
    .where('id', '=', userId)
    .where('password_hash', '=', from)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Is this still the hash of their password? Until the transaction ends nobody gives them another one. */
export async function hasPasswordHash(
  transaction: Database,
  { userId, hash }: { userId: string; hash: string },
): Promise<boolean> {
  const query = transaction.selectFrom('user').select('id').where('id', '=', userId).where('password_hash', '=', hash);
  return (await query.forShare().executeTakeFirst()) !== undefined;
}

/** Sets a password's hash, whatever it was. */
export async function setPasswordHash(db: Database, userId: string, password_hash: string): Promise<void> {
  await db.updateTable('user').set({ password_hash }).where('id', '=', userId).execute();
}

export async function insertMember(db: Database, row: Insertable<Schema['member']>): Promise<void> {
  await db.insertInto('member').values(row).execute();
}

/** The same, unless they belong to it already; answers whether it did. */
export async function insertNewMember(db: Database, row: Insertable<Schema['member']>): Promise<boolean> {
  const query = db.insertInto('member').values(row);
  const inserted = await query
    .onConflict((conflict) => conflict.doNothing())
    .returning('user_id')
    .executeTakeFirst();
  return inserted !== undefined;
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

export async function findOrganizationName(db: Database, id: string): Promise<string | undefined> {
  const query = db.selectFrom('organization').select('name').where('id', '=', id);
  return (await query.executeTakeFirst())?.name;
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
