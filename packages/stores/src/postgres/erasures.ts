import { newId } from '@keyward/kit/random';
import type { Selectable } from 'kysely';
import type { Database } from './database.ts';
import { eraseAuditDiffs } from './erase-audit-diffs.ts';
import { eraseAnswers } from './idempotent-answers.ts';
import type { Schema } from './schema.ts';

/** A client with all that it had, or one key of it. */
interface Erasing {
  environmentId: string;
  clientId: string;
  keyId: string | null;
}

export type ErasureReceipt = Selectable<Schema['erasure_receipt']>;

/** Forgets what was seen of keys that were to be registered, which states their client's name. Answers how many there were. */
export async function forgetSightings(db: Database, { environmentId, clientId, keyId }: Erasing): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('key_sighting')
    .where('client_id', '=', clientId)
    .where('environment_id', '=', environmentId)
    .$if(keyId !== null, (query) => query.where('key_id', '=', keyId ?? ''))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

interface ErasureRequest extends Erasing {
  organizationId: string;
  /** Those of whom audit records and answers are to say nothing more. */
  subjectIds: readonly string[];
  sightings: number;
  now: Date;
}

/** Forgets what audit records and kept answers tell, and notes that the logs have to forget, too. Answers the id of the receipt. */
export async function requestErasure(db: Database, request: ErasureRequest): Promise<string> {
  const { organizationId, environmentId, clientId, keyId, subjectIds, sightings, now } = request;
  if (keyId === null) {
    await db
      .insertInto('erasure')
      .values({ client_id: clientId, environment_id: environmentId, requested_at: now })
      .onConflict((conflict) => conflict.column('client_id').doNothing())
      .execute();
  }
  await eraseAnswers(db, { ownerId: organizationId, subjectIds });
  const receipt = {
    id: newId(),
    organization_id: organizationId,
    environment_id: environmentId,
    client_id: clientId,
    key_id: keyId,
    requested_at: now,
    completed_at: null,
    audit_records: await forgetRecords(db, request),
    sightings,
  };
  await db.insertInto('erasure_receipt').values(receipt).execute();
  return receipt.id;
}

/** Records of a client that goes on tell of its keys, too. */
async function forgetRecords(db: Database, request: ErasureRequest): Promise<number> {
  const { organizationId, clientId, keyId, subjectIds } = request;
  const own = await eraseAuditDiffs(db, { organizationId, subjectIds });
  if (keyId === null) return own;
  return own + (await eraseAuditDiffs(db, { organizationId, subjectIds: [clientId], mentioning: keyId }));
}

export async function findErasure(
  db: Database,
  environmentId: string,
  id: string,
): Promise<ErasureReceipt | undefined> {
  return db
    .selectFrom('erasure_receipt')
    .selectAll()
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .executeTakeFirst();
}
