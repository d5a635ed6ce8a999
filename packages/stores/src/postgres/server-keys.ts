import type { Insertable, Selectable, SelectQueryBuilder, Updateable } from 'kysely';
import type { Database } from './database.ts';
import { containing, type Page, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** The keys that applications identify themselves with, each of one environment. */
export type ServerKeyRow = Selectable<Schema['server_key']>;

export async function insertServerKey(db: Database, row: Insertable<Schema['server_key']>): Promise<void> {
  await db.insertInto('server_key').values(row).execute();
}

/** The server key with this digest, if it lives at `now`. */
export async function findServerKey(
  db: Database,
  digest: Buffer,
  now: Date,
): Promise<Pick<ServerKeyRow, 'id' | 'organization_id' | 'environment_id' | 'scopes'> | undefined> {
  return withStatus(db.selectFrom('server_key'), 'active', now)
    .select(['id', 'organization_id', 'environment_id', 'scopes'])
    .where('digest', '=', digest)
    .executeTakeFirst();
}

/** Those of several environments that live at `now`, oldest first. */
export async function listActiveServerKeys(
  db: Database,
  environmentIds: readonly string[],
  now: Date,
): Promise<{ id: string; environment_id: string; name: string; key_prefix: string }[]> {
  if (environmentIds.length === 0) return [];
  return withStatus(db.selectFrom('server_key'), 'active', now)
    .select(['id', 'environment_id', 'name', 'key_prefix'])
    .where('environment_id', 'in', environmentIds)
    .orderBy('created_at')
    .execute();
}

export interface ServerKeyFilter {
  /** Part of the name. */
  name?: string | undefined;
  /** As it is at `now`. */
  status?: 'active' | 'revoked' | 'expired' | undefined;
}

export async function listServerKeys(
  db: Database,
  { environmentId, filter, now, limit, offset }: Page & { filter: ServerKeyFilter; now: Date },
): Promise<{ total: number; rows: ServerKeyRow[] }> {
  let query = db.selectFrom('server_key').where('environment_id', '=', environmentId);
  if (filter.name !== undefined) query = query.where('name', 'ilike', containing(filter.name));
  if (filter.status !== undefined) query = withStatus(query, filter.status, now);
  return readPart(query, { limit, offset });
}

/** A revoked key is that, and not expired as well. */
function withStatus<O>(
  query: SelectQueryBuilder<Schema, 'server_key', O>,
  status: 'active' | 'revoked' | 'expired',
  now: Date,
) {
  if (status === 'revoked') return query.where('status', '=', 'revoked');
  const living = query.where('status', '=', 'active');
  if (status === 'expired') return living.where('expires_at', '<=', now);
  return living.where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]));
}

/** A key of this environment. */
export async function findServerKeyById(
  db: Database,
  environmentId: string,
  id: string,
): Promise<ServerKeyRow | undefined> {
  const query = db.selectFrom('server_key').selectAll().where('environment_id', '=', environmentId);
  return query.where('id', '=', id).executeTakeFirst();
}

/** What takes a row's id gets it from `findServerKeyById`, under the lock of its environment. */
export async function updateServerKey(
  db: Database,
  id: string,
  change: Updateable<Schema['server_key']>,
): Promise<void> {
  if (Object.keys(change).length > 0) await db.updateTable('server_key').set(change).where('id', '=', id).execute();
}
