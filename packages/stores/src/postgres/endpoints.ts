import type { EndpointRule } from '@keyward/contract/projection';
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from './database.ts';
import { containing, type Page, readPart } from './page.ts';
import type { Schema } from './schema.ts';

export type EndpointRow = Selectable<Schema['endpoint']>;
export type EndpointRowChange = Updateable<Schema['endpoint']>;

/** Names an endpoint of an environment; a foreign id is an unknown one. */
interface OneEndpoint {
  environmentId: string;
  id: string;
}

/** The endpoint's id, by what it is registered as. */
export async function findEndpointId(
  db: Database,
  environmentId: string,
  { method, path }: { method: string; path: string },
): Promise<string | undefined> {
  const row = await db
    .selectFrom('endpoint')
    .select('id')
    .where('environment_id', '=', environmentId)
    .where('method', '=', method)
    .where('path', '=', path)
    .executeTakeFirst();
  return row?.id;
}

export async function findEndpoint(db: Database, { environmentId, id }: OneEndpoint): Promise<EndpointRow | undefined> {
  return db
    .selectFrom('endpoint')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Adds an endpoint unless it is there or the environment holds `max` of them; answers its id if it was added. */
export async function insertEndpoint(
  db: Database,
  row: Insertable<Schema['endpoint']>,
  max: number,
): Promise<string | undefined> {
  const { count } = await db
    .selectFrom('endpoint')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('environment_id', '=', row.environment_id)
    .executeTakeFirstOrThrow();
  if (count >= max) return undefined;
  const inserted = await db
    .insertInto('endpoint')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted?.id;
}

export async function updateEndpoint(
  db: Database,
  { environmentId, id }: OneEndpoint,
  change: EndpointRowChange,
): Promise<EndpointRow | undefined> {
  return db
    .updateTable('endpoint')
    .set(change)
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

/** false: the environment has no such endpoint. */
export async function deleteEndpoint(db: Database, { environmentId, id }: OneEndpoint): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('endpoint')
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export interface EndpointFilter {
  name?: string | undefined;
  method?: string | undefined;
  enabled?: boolean | undefined;
}

export async function listEndpoints(
  db: Database,
  { environmentId, filter, limit, offset }: Page & { filter: EndpointFilter },
): Promise<{ total: number; rows: EndpointRow[] }> {
  let query = db.selectFrom('endpoint').where('environment_id', '=', environmentId);
  if (filter.name !== undefined) query = query.where('name', 'ilike', containing(filter.name));
  if (filter.method !== undefined) query = query.where('method', '=', filter.method.toUpperCase());
  if (filter.enabled !== undefined) query = query.where('enabled', '=', filter.enabled);
  return readPart(query, { limit, offset });
}

/** The endpoints that somebody has decided about, or all that are known. */
export async function listEndpointRules(
  db: Database,
  environmentId: string,
  which: 'decided' | 'all',
): Promise<EndpointRule[]> {
  let query = db
    .selectFrom('endpoint')
    .select(['method', 'path', 'enabled', 'required_scopes'])
    .where('environment_id', '=', environmentId);
  if (which === 'decided')
    query = query.where((where) => where.or([where('enabled', '=', false), where('required_scopes', 'is not', null)]));
  const rows = await query.orderBy('id').execute();
  return rows.map(({ method, path, enabled, required_scopes: requiredScopes }) => ({
    method,
    path,
    enabled,
    ...(requiredScopes === null ? {} : { requiredScopes }),
  }));
}
