import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { asOnlyReplica } from './as-only-replica.ts';
import { othersHaveEnded } from './others-have-ended.ts';

const rowsAtOnce = 5_000;
/** Whoever writes lines knows for two seconds what an environment wants of them (log-policies.ts); the rest is for clocks that differ. */
const settledMs = 60_000;

/**
 * Deletes the logs of deleted environments once their clients are gone, in bounded steps; what was counted stays. Nobody writes
 * lines for them any more: see erase-personal.ts. Answers how many environments are done.
 */
export async function eraseEnvironments(
  db: Database,
  { nowMs, signal }: { nowMs: number; signal: AbortSignal },
): Promise<number> {
  const ids = await listEmptied(db, new Date(nowMs - settledMs));
  if (ids.length === 0) return 0;
  await othersHaveEnded(db, signal);
  let done = 0;
  for (const id of ids) {
    for (let erased = rowsAtOnce; erased === rowsAtOnce && !signal.aborted; ) {
      const some = await deleteSome(db, id);
      if (some === undefined) return done;
      erased = some;
    }
    if (signal.aborted) return done;
    await db
      .updateTable('environment')
      .set({ erased_at: new Date(nowMs) })
      .where('id', '=', id)
      .execute();
    done += 1;
  }
  return done;
}

async function listEmptied(db: Database, before: Date): Promise<string[]> {
  const rows = await db
    .selectFrom('environment')
    .select('id')
    .where('deleted_at', '<', before)
    .where('erased_at', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('client').select('client.id').whereRef('client.environment_id', '=', 'environment.id'))),
    )
    .execute();
  return rows.map(({ id }) => id);
}

/** undefined: another replica is at it. */
function deleteSome(db: Database, environmentId: string): Promise<number | undefined> {
  return asOnlyReplica(db, async (transaction) => {
    const { numAffectedRows = 0n } = await sql`
      delete from request_log line using (
        select decided_at, event_id from request_log where environment_id = ${environmentId} limit ${rowsAtOnce}
      ) lines
      where line.environment_id = ${environmentId} and line.decided_at = lines.decided_at and line.event_id = lines.event_id`.execute(
      transaction,
    );
    return Number(numAffectedRows);
  });
}
