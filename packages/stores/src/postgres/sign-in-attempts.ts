import { sql } from 'kysely';
import type { Database } from './database.ts';

/** How many failures are free, and how long one waits after further ones: a second, two, four, up to `longestMs`. */
export interface Patience {
  freeFailures: number;
  longestMs: number;
  /** Failures are forgotten after so long without another. */
  forgottenAfterMs: number;
}

/** Not the present: an attempt beside it may have looked at its clock a little earlier, or in another replica. */
const neverBlocked = sql<Date>`timestamptz 'epoch'`;

/**
 * Counts an attempt as one that fails, before it is known: of many at once, from any number of replicas, no more than the free ones get
 * through. Answers until when none is taken; undefined: this one is.
 */
export async function takeSignInAttempt(
  db: Database,
  subject: Buffer,
  { now, freeFailures, longestMs, forgottenAfterMs }: Patience & { now: Date },
): Promise<Date | undefined> {
  const forgottenSince = new Date(now.getTime() - forgottenAfterMs);
  const { rows } = await sql`
    insert into sign_in_attempt as known (subject, failures, last_at, blocked_until)
    values (${subject}, 1, ${now}, ${neverBlocked})
    on conflict (subject) do update set
      failures = case when known.last_at < ${forgottenSince} then 1 else known.failures + 1 end,
      last_at = ${now},
      blocked_until = case
        when known.last_at < ${forgottenSince} or known.failures < ${freeFailures}::integer then ${neverBlocked}
        else ${now}::timestamptz + least(
          power(2, least(known.failures - ${freeFailures}::integer, 30)) * 1000, ${longestMs}::integer
        ) * interval '1 millisecond'
      end
    where known.blocked_until <= ${now}
    returning 1 as taken`.execute(db);
  if (rows.length > 0) return undefined;
  const blocked = db.selectFrom('sign_in_attempt').select('blocked_until').where('subject', '=', subject);
  return (await blocked.executeTakeFirst())?.blocked_until ?? now;
}

/** The attempt did not fail, so it is not counted, and nobody has to wait for its sake. */
export async function giveBackSignInAttempt(db: Database, subject: Buffer): Promise<void> {
  await db
    .updateTable('sign_in_attempt')
    .set({ failures: sql<number>`greatest(failures - 1, 0)`, blocked_until: neverBlocked })
    .where('subject', '=', subject)
    .execute();
}

export async function forgetSignInAttempts(db: Database, subjects: readonly Buffer[]): Promise<void> {
  await db.deleteFrom('sign_in_attempt').where('subject', 'in', subjects).execute();
}

export async function forgetOldSignInAttempts(db: Database, before: Date): Promise<void> {
  await db.deleteFrom('sign_in_attempt').where('last_at', '<', before).execute();
}
