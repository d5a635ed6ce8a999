import { type Insertable, type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import type { KeyPlace } from './keys.ts';
import type { Schema } from './schema.ts';

/** The systems whose keys an environment takes. */
export type KeyImportRow = Selectable<Schema['key_import']>;

export async function insertKeyImport(db: Database, row: Insertable<Schema['key_import']>): Promise<void> {
  await db.insertInto('key_import').values(row).execute();
}

/** All of them, newest first: there are a handful. */
export async function listKeyImports(db: Database, environmentId: string): Promise<KeyImportRow[]> {
  return db
    .selectFrom('key_import')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
}

/** Locks it until the transaction ends, so that it is not forgotten while its keys are imported. */
export async function lockKeyImport(
  db: Database,
  environmentId: string,
  id: string,
): Promise<KeyImportRow | undefined> {
  return db
    .selectFrom('key_import')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export async function deleteKeyImport(db: Database, id: string): Promise<void> {
  await db.updateTable('api_key').set({ import_id: null }).where('import_id', '=', id).execute();
  await db.deleteFrom('key_import').where('id', '=', id).execute();
}

/** Has it keys that were not revoked? */
export async function hasLivingKeys(db: Database, importId: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (select from api_key where import_id = ${importId} and status <> 'revoked') as found`.execute(db);
  return rows[0]?.found ?? false;
}

/** Of these digests those that are known where requests of the environment look: keys with their clients, or what is left of deleted ones. */
export async function findKnownDigests(
  db: Database,
  { environmentId, projectId, organizationId }: KeyPlace,
  digests: readonly Buffer[],
): Promise<Map<string, { id: string; clientId: string; isDeleted: boolean }>> {
  const hexes = digests.map((digest) => digest.toString('hex'));
  const wider = [projectId, organizationId].filter((id) => id !== null);
  const { rows } = await sql<{ hex: string; id: string; clientId: string; isDeleted: boolean }>`
    with asked as (select hex, decode(hex, 'hex') as digest from unnest(${hexes}::text[]) as hex)
    select hex, api_key.id, api_key.client_id as "clientId", false as "isDeleted" from asked
      join api_key on api_key.environment_id = ${environmentId} and api_key.digest = asked.digest
    union all
    select hex, api_key.id, api_key.client_id, false from asked
      join api_key on api_key.reach_id = any(${wider}::uuid[]) and api_key.digest = asked.digest
    union all
    select hex, tombstone.key_id, tombstone.client_id, true from asked
      join tombstone on tombstone.environment_id = ${environmentId} and tombstone.digest = asked.digest
    union all
    select hex, tombstone.key_id, tombstone.client_id, true from asked
      join tombstone on tombstone.reach_id = any(${wider}::uuid[]) and tombstone.digest = asked.digest`.execute(db);
  return new Map(rows.map(({ hex, ...known }) => [hex, known]));
}
