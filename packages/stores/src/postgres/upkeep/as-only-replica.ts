import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Any number that no other advisory lock of ours uses. */
const lockId = 4_302_002;

/**
 * Runs one step of the upkeep in a transaction unless another replica is at it just now; then the answer is undefined. Each
 * step stands by itself, so that no lock outlives what it is for, and a crash leaves nothing half done.
 */
export async function asOnlyReplica<T>(
  db: Database,
  step: (transaction: Database) => Promise<T>,
): Promise<T | undefined> {
  return db.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ locked: boolean }>`
      select pg_try_advisory_xact_lock(${lockId}::bigint) as locked`.execute(transaction);
    return rows[0]?.locked ? step(transaction) : undefined;
  });
}
