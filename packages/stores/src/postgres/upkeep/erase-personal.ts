import type { Clock } from '@keyward/kit/clock';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { asOnlyReplica } from './as-only-replica.ts';
import { addToReceipt, completeErasure, type DueErasure, listDueErasures } from './due-erasures.ts';
import { eraseDeadLetters } from './erase-dead-letters.ts';
import { othersHaveEnded } from './others-have-ended.ts';

const rowsAtOnce = 5_000;

interface Erasing {
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Takes everything personal out of the lines and dead letters of deleted clients and keys, in bounded steps. Whoever writes lines looks
 * for what was deleted after its transaction has got its number (write-logs.ts). So once the transactions have ended that had a number
 * when the erasure was seen, no more such lines can come, and what one pass leaves is done. Answers how many are.
 */
export async function erasePersonal(db: Database, { clock, signal }: Erasing): Promise<number> {
  const due = await listDueErasures(db);
  if (due.length === 0) return 0;
  await othersHaveEnded(db, signal);
  let done = 0;
  for (const erasure of due) {
    while (!signal.aborted) {
      const erased = await eraseSome(db, erasure);
      if (erased === undefined) return done;
      if (erased < rowsAtOnce) break;
    }
    if (!(await eraseDeadLetters(db, erasure, signal))) return done;
    await completeErasure(db, erasure, new Date(clock.nowMs()));
    done += 1;
  }
  return done;
}

/** undefined: another replica is at it. */
function eraseSome(db: Database, erasure: DueErasure): Promise<number | undefined> {
  const { clientId, keyId } = erasure;
  return asOnlyReplica(db, async (transaction) => {
    const { numAffectedRows = 0n } = await sql`
      update request_log line set ip = null, user_agent = null, name = null
      from (
        select decided_at, event_id from request_log
        where client_id = ${clientId} and (${keyId}::uuid is null or key_id = ${keyId}::uuid)
          and (ip is not null or user_agent is not null or name is not null)
        limit ${rowsAtOnce}
      ) personal
      where line.client_id = ${clientId} and line.decided_at = personal.decided_at and line.event_id = personal.event_id`.execute(
      transaction,
    );
    await addToReceipt(transaction, erasure, { logLines: Number(numAffectedRows) });
    return Number(numAffectedRows);
  });
}
