import { type Selectable, sql } from 'kysely';
import type { Membership } from './accounts.ts';
import type { Database } from './database.ts';
import { containing, type Part } from './page.ts';
import type { Schema } from './schema.ts';

export type OrganizationRow = Selectable<Schema['organization']>;
/** An organization, and what somebody is in it. */
export type OwnOrganization = OrganizationRow & Pick<Membership, 'role'>;

/** The organization stays as it is until the transaction ends; so does what projects it has. */
export async function lockOrganization(transaction: Database, id: string): Promise<OrganizationRow | undefined> {
  const query = transaction.selectFrom('organization').selectAll().where('id', '=', id);
  return query.forNoKeyUpdate().executeTakeFirst();
}

/** No two transactions look for names among this person's organizations at a time. */
export async function lockUser(transaction: Database, userId: string): Promise<void> {
  await transaction.selectFrom('user').select('id').where('id', '=', userId).forNoKeyUpdate().execute();
}

export async function findOwnOrganization(
  db: Database,
  userId: string,
  by: { id: string } | { name: string },
): Promise<OwnOrganization | undefined> {
  const query = ofMember(db, userId).selectAll('organization').select('member.role').orderBy('organization.created_at');
  return 'id' in by
    ? query.where('organization.id', '=', by.id).executeTakeFirst()
    : query.where('organization.name', '=', by.name).executeTakeFirst();
}

export async function listOwnOrganizations(
  db: Database,
  { userId, name, limit, offset }: Part & { userId: string; name: string | undefined },
): Promise<{ total: number; rows: OwnOrganization[] }> {
  let query = ofMember(db, userId);
  if (name !== undefined) query = query.where('organization.name', 'ilike', containing(name));
  const { total } = await query.select(sql<number>`count(*)::int`.as('total')).executeTakeFirstOrThrow();
  const rows = await query
    .selectAll('organization')
    .select('member.role')
    .orderBy('organization.created_at', 'desc')
    .orderBy('organization.id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute();
  return { total, rows };
}

function ofMember(db: Database, userId: string) {
  return db
    .selectFrom('organization')
    .innerJoin('member', 'member.organization_id', 'organization.id')
    .where('member.user_id', '=', userId);
}

export async function renameOrganization(
  db: Database,
  id: string,
  { name, now }: { name: string; now: Date },
): Promise<void> {
  await db.updateTable('organization').set({ name, updated_at: now }).where('id', '=', id).execute();
}

/** With its members and products. Its projects are to be deleted before. */
export async function deleteOrganization(db: Database, id: string): Promise<void> {
  // Its keys are dead with their environments, whose clients are erased later; its products go with it.
  await db
    .updateTable('api_key')
    .set({ product_id: null })
    .where('product_id', 'in', (products) =>
      products.selectFrom('product').select('id').where('organization_id', '=', id),
    )
    .execute();
  await db.deleteFrom('organization').where('id', '=', id).execute();
}

/** The ids of all its projects. */
export async function listProjectIds(db: Database, organizationId: string): Promise<string[]> {
  const rows = await db.selectFrom('project').select('id').where('organization_id', '=', organizationId).execute();
  return rows.map(({ id }) => id);
}

/** The ids of all its environments. */
export async function listEnvironmentIds(db: Database, organizationId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('environment')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .execute();
  return rows.map(({ id }) => id);
}
