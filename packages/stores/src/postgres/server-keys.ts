import type { Insertable, Selectable } from 'kysely';
import type { Database } from './database.ts';
import { type Page, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** The keys that applications identify themselves with, each of one environment. */
export type ServerKeyRow = Selectable<Schema['server_key']>;

export async function insertServerKey(db: Database, row: Insertable<Schema['server_key']>): Promise<void> {
  await db.insertInto('server_key').values(row).execute();
}

/** The live server key with this digest. */
export async function findServerKey(
  db: Database,
  digest: Buffer,
): Promise<Pick<ServerKeyRow, 'id' | 'organization_id' | 'environment_id' | 'scopes'> | undefined> {
  return db
    .selectFrom('server_key')
    .select(['id', 'organization_id', 'environment_id', 'scopes'])
    .where('digest', '=', digest)
    .where('status', '=', 'active')
    .executeTakeFirst();
}

/** The live ones of several environments, oldest first. */
export async function listActiveServerKeys(
  db: Database,
  environmentIds: readonly string[],
): Promise<{ id: string; environment_id: string; name: string; key_prefix: string }[]> {
  if (environmentIds.length === 0) return [];
  return db
    .selectFrom('server_key')
    .select(['id', 'environment_id', 'name', 'key_prefix'])
    .where('environment_id', 'in', environmentIds)
    .where('status', '=', 'active')
    .orderBy('created_at')
    .execute();
}

export async function listServerKeys(
  db: Database,
  { environmentId, status, limit, offset }: Page & { status?: ServerKeyRow['status'] | undefined },
): Promise<{ total: number; rows: ServerKeyRow[] }> {
  let query = db.selectFrom('server_key').where('environment_id', '=', environmentId);
  if (status !== undefined) query = query.where('status', '=', status);
  return readPart(query, { limit, offset });
}

/** Revokes a key of this environment, again or for the first time; undefined: it has no such key. */
export async function revokeServerKey(
  db: Database,
  environmentId: string,
  id: string,
): Promise<ServerKeyRow | undefined> {
  return db
    .updateTable('server_key')
    .set({ status: 'revoked' })
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}
