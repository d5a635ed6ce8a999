import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

/** A key that nobody registered, as ingest has found it in an event, and until it is registered. */
export type KeySighting = Selectable<Schema['key_sighting']>;

/** One that was tried so often stays for a while as it is, so that its next events do not bring it again. */
export const maxSightingAttempts = 5;

/** Up to `limit` sightings to be registered: those that were never tried first, and then the oldest. */
export async function listSightings(db: Database, limit: number): Promise<KeySighting[]> {
  const rows = await db
    .selectFrom('key_sighting')
    .selectAll()
    .where('attempts', '<', maxSightingAttempts)
    .orderBy('attempts')
    .orderBy('seen_at')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ ...row, digest: Buffer.from(row.digest) }));
}

/** Those of these that are still to be registered, and that nobody else is about to: they are locked from here on. */
export async function lockSightings(
  db: Database,
  environmentId: string,
  digests: readonly Buffer[],
): Promise<KeySighting[]> {
  const rows = await db
    .selectFrom('key_sighting')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .where('digest', 'in', digests)
    .where('attempts', '<', maxSightingAttempts)
    .orderBy('digest')
    .forUpdate()
    .skipLocked()
    .execute();
  return rows.map((row) => ({ ...row, digest: Buffer.from(row.digest) }));
}

export async function deleteSightings(db: Database, environmentId: string, digests: readonly Buffer[]): Promise<void> {
  if (digests.length === 0) return;
  await db
    .deleteFrom('key_sighting')
    .where('environment_id', '=', environmentId)
    .where('digest', 'in', digests)
    .execute();
}

/** Counts further attempts that came to nothing. */
export async function countAttempts(
  db: Database,
  { environmentId, digests, attempts }: { environmentId: string; digests: readonly Buffer[]; attempts: number },
): Promise<void> {
  if (digests.length === 0) return;
  await db
    .updateTable('key_sighting')
    .set({ attempts: sql<number>`attempts + ${attempts}::integer` })
    .where('environment_id', '=', environmentId)
    .where('digest', 'in', digests)
    .execute();
}

/** Drops what was given up and was seen before `before`; its next event is seen anew. */
export async function dropGivenUpSightings(db: Database, before: Date): Promise<void> {
  await db
    .deleteFrom('key_sighting')
    .where('attempts', '>=', maxSightingAttempts)
    .where('seen_at', '<', before)
    .execute();
}

/** Keys of these clients whose ids were derived from themselves (UUIDv8): those that registered themselves. */
export async function countSelfRegistered(db: Database, clientIds: readonly string[]): Promise<Map<string, number>> {
  if (clientIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('api_key')
    .select(['client_id', sql<number>`count(*)::integer`.as('keys')])
    .where('client_id', 'in', clientIds)
    .where(sql`substr(id::text, 15, 1)`, '=', '8')
    .groupBy('client_id')
    .execute();
  return new Map(rows.map((row) => [row.client_id, row.keys]));
}

/** Those of these keys that are registered, or were and are remembered as deleted. */
export async function knownDigests(
  db: Database,
  environmentId: string,
  digests: readonly Buffer[],
): Promise<{ registered: Set<string>; deleted: Set<string> }> {
  const of = async (table: 'api_key' | 'tombstone') => {
    const rows = await db
      .selectFrom(table)
      .select('digest')
      .where('environment_id', '=', environmentId)
      .where('digest', 'in', digests)
      .execute();
    return new Set(rows.map(({ digest }) => Buffer.from(digest).toString('base64url')));
  };
  return { registered: await of('api_key'), deleted: await of('tombstone') };
}
