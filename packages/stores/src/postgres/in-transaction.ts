import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './database.ts';
import { sqlState } from './sql-state.ts';

/** The transaction found things otherwise than it began with; nothing of it is kept, and it is to begin anew. */
export class BeginAnew extends Error {}

const maxAttempts = 8;
/** Postgres chose this transaction to end a deadlock, or could not order it among others. */
const toRepeat = new Set(['40P01', '40001']);

/**
 * Runs `work` in a transaction, and again when others have stood in its way; so nothing outside the database may depend on
 * how often it runs.
 */
export async function inTransaction<T>(db: Database, work: (transaction: Database) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction().execute(work);
    } catch (error) {
      const isRepeatable = error instanceof BeginAnew || toRepeat.has(sqlState(error) ?? '');
      if (!isRepeatable || attempt === maxAttempts) throw error;
      await sleep(5 * attempt);
    }
  }
}
