import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import { type Part, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** Successors that are due, of keys that rotate by themselves. */
export type KeyRotationRow = Selectable<Schema['key_rotation']>;

/** A key whose successor is due. */
export interface DueKey {
  id: string;
  organization_id: string;
  environment_id: string;
  client_id: string;
  ends_at: Date;
}

/**
 * Keys that rotate by themselves, and whose last third has begun, or their last week, whichever is shorter; those that end first come
 * first. A key that has a successor needs none.
 */
export async function listDueKeys(db: Database, now: Date, limit: number): Promise<DueKey[]> {
  const { rows } = await sql<DueKey>`
    select id, organization_id, environment_id, client_id, least(expires_at, claimed_expires_at) as ends_at from api_key
    where auto_rotate and status = 'active'
      and least(expires_at, claimed_expires_at) > ${now}
      and least(expires_at, claimed_expires_at) <= ${now}::timestamptz + interval '7 days'
      and least(expires_at, claimed_expires_at) - (least(expires_at, claimed_expires_at) - created_at) / 3 <= ${now}
      and not exists (select from key_rotation where key_rotation.key_id = api_key.id)
      and not exists (
        select from api_key successor where successor.predecessor_id = api_key.id and successor.status <> 'revoked')
    order by ends_at limit ${limit}`.execute(db);
  return rows;
}

/** Answers what is new: somebody else may have written some of them meanwhile. */
export async function insertRotations(
  db: Database,
  rows: readonly Omit<KeyRotationRow, 'successor_id' | 'claimed_at'>[],
): Promise<KeyRotationRow[]> {
  return db
    .insertInto('key_rotation')
    .values(rows.toSorted((a, b) => (a.key_id < b.key_id ? -1 : 1)))
    .onConflict((conflict) => conflict.column('key_id').doNothing())
    .returningAll()
    .execute();
}

interface OfClient {
  environmentId: string;
  clientId: string;
}

export async function listRotations(
  db: Database,
  { environmentId, clientId, limit, offset }: OfClient & Part,
): Promise<{ total: number; rows: KeyRotationRow[] }> {
  const query = db
    .selectFrom('key_rotation')
    .where('environment_id', '=', environmentId)
    .where('client_id', '=', clientId);
  return readPart(query, { limit, offset });
}

export async function findRotation(
  db: Database,
  { environmentId, clientId, id }: OfClient & { id: string },
): Promise<KeyRotationRow | undefined> {
  return db
    .selectFrom('key_rotation')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .where('client_id', '=', clientId)
    .where('id', '=', id)
    .executeTakeFirst();
}

export async function claimRotation(
  db: Database,
  { id, successorId, now }: { id: string; successorId: string; now: Date },
): Promise<void> {
  const claim = { successor_id: successorId, claimed_at: now };
  await db.updateTable('key_rotation').set(claim).where('id', '=', id).execute();
}
