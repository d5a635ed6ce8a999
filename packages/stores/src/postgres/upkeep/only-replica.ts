import { sql } from 'kysely';
import type { Database } from '../database.ts';

/**
 * A way to run one step of some work in a transaction unless another replica is at it just now; then the answer is undefined. Each
 * step stands by itself, so that no lock outlives what it is for, and a crash leaves nothing half done.
 * @param lockId any number that no other advisory lock of ours uses.
 */
export function onlyReplica(lockId: number) {
  return async <T>(db: Database, step: (transaction: Database) => Promise<T>): Promise<T | undefined> =>
    db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ locked: boolean }>`
        select pg_try_advisory_xact_lock(${lockId}::bigint) as locked`.execute(transaction);
      return rows[0]?.locked ? step(transaction) : undefined;
    });
}
