import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Whose logs are to forget what is personal: a client's, or one key's. */
export interface DueErasure {
  clientId: string;
  keyId: string | null;
}

/** All that is to be erased; what code of before has noted has no receipt. */
export async function listDueErasures(db: Database): Promise<DueErasure[]> {
  const { rows } = await sql<DueErasure>`
    select client_id as "clientId", null::uuid as "keyId" from erasure
    union select client_id, key_id from erasure_receipt where completed_at is null`.execute(db);
  return rows;
}

/** Adds to the receipt what a step has erased, in the transaction of the step. */
export async function addToReceipt(
  transaction: Database,
  { clientId, keyId }: DueErasure,
  erased: { logLines?: number; deadLetters?: number },
): Promise<void> {
  const { logLines = 0, deadLetters = 0 } = erased;
  if (logLines + deadLetters === 0) return;
  await sql`
    update erasure_receipt set log_lines = log_lines + ${logLines}, dead_letters = dead_letters + ${deadLetters}
    where client_id = ${clientId} and key_id is not distinct from ${keyId}::uuid and completed_at is null`.execute(
    transaction,
  );
}

export async function completeErasure(db: Database, { clientId, keyId }: DueErasure, now: Date): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (keyId === null) await transaction.deleteFrom('erasure').where('client_id', '=', clientId).execute();
    await sql`
      update erasure_receipt set completed_at = ${now}
      where client_id = ${clientId} and key_id is not distinct from ${keyId}::uuid and completed_at is null`.execute(
      transaction,
    );
  });
}
