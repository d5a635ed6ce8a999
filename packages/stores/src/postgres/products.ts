import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from './database.ts';
import { containing, type Part, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** An organization's products, and the projects that they are in. */
export type ProductRow = Selectable<Schema['product']>;

export interface ProductFilter {
  /** Part of the name. */
  name?: string | undefined;
  /** Only those that are in this project. */
  projectId?: string | undefined;
}

/** A product in a project. */
interface Placement {
  organizationId: string;
  productId: string;
  projectId: string;
}

/** Inserts a product, unless the organization has one of that name; false: it has. */
export async function insertProduct(db: Database, row: Insertable<Schema['product']>): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('product')
    .values(row)
    .onConflict((conflict) => conflict.columns(['organization_id', 'name']).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

export async function findProduct(db: Database, organizationId: string, id: string): Promise<ProductRow | undefined> {
  return ofOrganization(db, organizationId).where('id', '=', id).executeTakeFirst();
}

/** Locks the product until the transaction ends, so that what is put into it now finds it there. */
export async function lockProduct(db: Database, organizationId: string, id: string): Promise<ProductRow | undefined> {
  return ofOrganization(db, organizationId).where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
}

/** Locks a product that is to be deleted: keys that are about to be for it come to be before, or find it gone. */
export async function lockDoomedProduct(
  db: Database,
  organizationId: string,
  id: string,
): Promise<ProductRow | undefined> {
  return ofOrganization(db, organizationId).where('id', '=', id).forUpdate().executeTakeFirst();
}

/** How many keys are for this product and not revoked. */
export async function countLivingKeysFor(db: Database, productId: string): Promise<number> {
  const { count } = await db
    .selectFrom('api_key')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('product_id', '=', productId)
    .where('status', '!=', 'revoked')
    .executeTakeFirstOrThrow();
  return count;
}

export async function findProductByName(
  db: Database,
  organizationId: string,
  name: string,
): Promise<ProductRow | undefined> {
  return ofOrganization(db, organizationId).where('name', '=', name).executeTakeFirst();
}

function ofOrganization(db: Database, organizationId: string) {
  return db.selectFrom('product').selectAll().where('organization_id', '=', organizationId);
}

export async function updateProduct(db: Database, id: string, change: Updateable<Schema['product']>): Promise<void> {
  await db.updateTable('product').set(change).where('id', '=', id).execute();
}

/** Revoked keys that were for it are for none; no validator has to hear of that, since it refuses them all the same. */
export async function deleteProduct(db: Database, id: string): Promise<void> {
  await db
    .updateTable('api_key')
    .set({ product_id: null })
    .where('product_id', '=', id)
    .where('status', '=', 'revoked')
    .execute();
  await db.deleteFrom('product').where('id', '=', id).execute();
}

export async function listProducts(
  db: Database,
  { organizationId, filter, limit, offset }: Part & { organizationId: string; filter: ProductFilter },
): Promise<{ total: number; rows: ProductRow[] }> {
  const { name, projectId } = filter;
  let query = db.selectFrom('product').where('organization_id', '=', organizationId);
  if (name !== undefined) query = query.where('name', 'ilike', containing(name));
  if (projectId !== undefined) {
    const within = db.selectFrom('project_product').select('product_id').where('project_id', '=', projectId);
    query = query.where('id', 'in', within);
  }
  return readPart(query, { limit, offset });
}

/** The projects of each of these products, by slug. */
export async function listProjectsOfProducts(
  db: Database,
  productIds: readonly string[],
): Promise<{ product_id: string; id: string; slug: string }[]> {
  if (productIds.length === 0) return [];
  return db
    .selectFrom('project_product')
    .innerJoin('project', 'project.id', 'project_product.project_id')
    .select(['project_product.product_id', 'project.id', 'project.slug'])
    .where('project_product.product_id', 'in', productIds)
    .orderBy('project.slug')
    .execute();
}

/** Both are of the organization, or the reference to them fails; false: the product was in it. */
export async function addProductToProject(
  db: Database,
  { organizationId, productId, projectId, now }: Placement & { now: Date },
): Promise<boolean> {
  const row = { organization_id: organizationId, product_id: productId, project_id: projectId, created_at: now };
  const { numInsertedOrUpdatedRows = 0n } = await db
    .insertInto('project_product')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows > 0n;
}

/** false: the product was not in it. */
export async function removeProductFromProject(db: Database, placement: Placement): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('project_product')
    .where('organization_id', '=', placement.organizationId)
    .where('product_id', '=', placement.productId)
    .where('project_id', '=', placement.projectId)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function isProductInProject(db: Database, placement: Placement): Promise<boolean> {
  const row = await db
    .selectFrom('project_product')
    .select('product_id')
    .where('organization_id', '=', placement.organizationId)
    .where('product_id', '=', placement.productId)
    .where('project_id', '=', placement.projectId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Those of these products that the organization has; with a project, only those that are in it. They stay until the transaction ends. */
export async function findKnownProductIds(
  db: Database,
  { organizationId, projectId, ids }: { organizationId: string; projectId: string | null; ids: readonly string[] },
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  let query = db
    .selectFrom('product')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('id', 'in', ids);
  if (projectId !== null) {
    const within = db.selectFrom('project_product').select('product_id').where('project_id', '=', projectId);
    query = query.where('id', 'in', within);
  }
  return new Set((await query.forKeyShare().execute()).map(({ id }) => id));
}
