import { sql } from 'kysely';
import type { Database } from './database.ts';
import { sqlState } from './sql-state.ts';

/** A statement took longer than its caller could wait for, and was ended. */
export class TookTooLong extends Error {}

const queryCanceled = '57014';

/**
 * Runs reads that see one state of the database, each for at most `timeoutMs`. An embedded database has no clock to end a
 * statement by; there they run to their end.
 * @throws {TookTooLong}
 */
export async function withinTime<T>(
  db: Database,
  timeoutMs: number,
  read: (transaction: Database) => Promise<T>,
): Promise<T> {
  const transaction = db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  try {
    return await transaction.execute(async (trx) => {
      await sql`select set_config('statement_timeout', ${String(timeoutMs)}, true)`.execute(trx);
      return read(trx);
    });
  } catch (error) {
    if (sqlState(error) !== queryCanceled) throw error;
    throw new TookTooLong(`a statement took longer than ${timeoutMs} ms`, { cause: error });
  }
}
