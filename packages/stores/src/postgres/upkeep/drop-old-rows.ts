import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { asOnlyReplica } from './as-only-replica.ts';

const rowsAtOnce = 20_000;
const dayMs = 86_400_000;
/** A timestamp is taken 300 s before and after it; an hour, because clocks differ (envelope_seen has admin-api's). */
const envelopeMs = 3_600_000;

/** Deletes hours that are kept as days, and are past their retention; a bounded number at once. Answers how many went. */
export async function dropOldHours(
  db: Database,
  { nowMs, hourRetentionDays }: { nowMs: number; hourRetentionDays: number },
): Promise<number> {
  const before = new Date(nowMs - hourRetentionDays * dayMs);
  const dropped = await asOnlyReplica(db, async (transaction) => {
    const { numAffectedRows = 0n } = await sql`
      delete from usage_hour where ctid = any(array(
        select ctid from usage_hour
        where hour < ${before} and hour < (select until::timestamp at time zone 'UTC' from usage_rolled_up)
        limit ${rowsAtOnce}
      ))`.execute(transaction);
    return Number(numAffectedRows);
  });
  return dropped ?? 0;
}

/** Deletes envelopes that would be refused for their age. */
export async function dropOldEnvelopes(db: Database, { nowMs }: { nowMs: number }): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('envelope_seen')
    .where('seen_at', '<', new Date(nowMs - envelopeMs))
    .executeTakeFirst();
  return Number(numDeletedRows);
}
