import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { asOnlyReplica } from './as-only-replica.ts';
import { eraseDeadLetters } from './erase-dead-letters.ts';
import { othersHaveEnded } from './others-have-ended.ts';

const rowsAtOnce = 5_000;

/**
 * Takes everything personal out of the lines and dead letters of deleted clients, in bounded steps. Whoever writes lines looks for deleted
 * clients after its transaction has got its number (write-logs.ts). So once the transactions have ended that had a number when
 * the erasure was seen, no more such lines can come, and what one pass leaves is done. Answers how many clients are.
 */
export async function erasePersonal(db: Database, signal: AbortSignal): Promise<number> {
  const rows = await db.selectFrom('erasure').select('client_id').execute();
  if (rows.length === 0) return 0;
  await othersHaveEnded(db, signal);
  let done = 0;
  for (const { client_id } of rows) {
    while (!signal.aborted) {
      const erased = await eraseSome(db, client_id);
      if (erased === undefined) return done;
      if (erased < rowsAtOnce) break;
    }
    if (!(await eraseDeadLetters(db, client_id, signal))) return done;
    await db.deleteFrom('erasure').where('client_id', '=', client_id).execute();
    done += 1;
  }
  return done;
}

/** undefined: another replica is at it. */
function eraseSome(db: Database, clientId: string): Promise<number | undefined> {
  return asOnlyReplica(db, async (transaction) => {
    const { numAffectedRows = 0n } = await sql`
      update request_log line set ip = null, user_agent = null, name = null
      from (
        select decided_at, event_id from request_log
        where client_id = ${clientId} and (ip is not null or user_agent is not null or name is not null)
        limit ${rowsAtOnce}
      ) personal
      where line.client_id = ${clientId} and line.decided_at = personal.decided_at and line.event_id = personal.event_id`.execute(
      transaction,
    );
    return Number(numAffectedRows);
  });
}
