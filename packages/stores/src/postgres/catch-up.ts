import { sql } from 'kysely';
import type { LogEnds } from '../ports/event-log.ts';
import type { Database } from './database.ts';

const keptMs = 86_400_000;

/**
 * Asks ingest to say when it has counted all that the event log held at some time from now on; true: it has. Everybody may
 * ask by the same id, it is one request. What was asked for a day ago is forgotten, and begins anew when it is asked again.
 */
export async function askForCatchUp(db: Database, id: string, now: Date): Promise<boolean> {
  const row = await db.selectFrom('catch_up').select('reached_at').where('id', '=', id).executeTakeFirst();
  if (row) return row.reached_at !== null;
  await db
    .deleteFrom('catch_up')
    .where('requested_at', '<', new Date(now.getTime() - keptMs))
    .execute();
  await db
    .insertInto('catch_up')
    .values({ id, requested_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return false;
}

/** Requests whose goal is not known or not reached yet. */
export async function listPendingCatchUps(db: Database): Promise<string[]> {
  const rows = await db.selectFrom('catch_up').select('id').where('reached_at', 'is', null).execute();
  return rows.map((row) => row.id);
}

interface Advance {
  /** Requests that were pending before the ends were read. */
  ids: readonly string[];
  ends: LogEnds;
  now: Date;
}

/**
 * Takes the log's ends as the goal of every such request that has none, or one in another log, and marks those whose goal is
 * reached: every record before it is counted, or gone from the log. Answers how many were marked.
 */
export async function advanceCatchUps(db: Database, { ids, ends, now }: Advance): Promise<number> {
  const { logId, partitions } = ends;
  const goals = JSON.stringify(Object.fromEntries(partitions.map(({ partition, end }) => [partition, end])));
  await sql`
    update catch_up set log_id = ${logId}, end_offsets = ${goals}::jsonb
    where id = any(${ids}) and log_id is distinct from ${logId}`.execute(db);
  const firsts = JSON.stringify(Object.fromEntries(partitions.map(({ partition, first }) => [partition, first])));
  const { numAffectedRows = 0n } = await sql`
    update catch_up set reached_at = ${now}::timestamptz
    where id = any(${ids}) and reached_at is null and log_id = ${logId} and not exists (
      select from jsonb_each_text(end_offsets) goal
      left join consumer_offset stored on stored.log_id = ${logId} and stored.partition = goal.key::integer
      where goal.value::bigint > greatest(stored.next_offset, (${firsts}::jsonb ->> goal.key)::bigint)
    )`.execute(db);
  return Number(numAffectedRows);
}

/** How many records of the log are not counted yet. */
export async function countNotTaken(db: Database, { logId, partitions }: LogEnds): Promise<number> {
  const rows = await db
    .selectFrom('consumer_offset')
    .select(['partition', 'next_offset'])
    .where('log_id', '=', logId)
    .execute();
  const stored = new Map(rows.map((row) => [row.partition, row.next_offset]));
  return partitions.reduce(
    (sum, { partition, first, end }) => sum + end - Math.max(first, stored.get(partition) ?? 0),
    0,
  );
}
