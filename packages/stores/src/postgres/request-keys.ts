import type { Insertable, Selectable } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

/** The public keys that an environment's requests may be signed with. */
export type RequestKeyRow = Selectable<Schema['request_public_key']>;

export async function insertRequestKey(db: Database, row: Insertable<Schema['request_public_key']>): Promise<void> {
  await db.insertInto('request_public_key').values(row).execute();
}

/** All of an environment's, which are few; oldest first. */
export async function listRequestKeys(db: Database, environmentId: string): Promise<RequestKeyRow[]> {
  return db
    .selectFrom('request_public_key')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

/** Removes a key of this environment; false: it has no such key. */
export async function deleteRequestKey(
  db: Database,
  environmentId: string,
  id: string,
): Promise<RequestKeyRow | undefined> {
  return db
    .deleteFrom('request_public_key')
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}
