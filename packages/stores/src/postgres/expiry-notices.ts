import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface ExpiryNoticeDue {
  environmentId: string;
  clientId: string;
  keyId: string;
  expiresAt: Date;
  /** So many days before; null: it has expired. */
  noticeDays: number | null;
  /** The key was made so late that the notice would be no news. */
  isForNobody: boolean;
}

interface Taking {
  now: Date;
  limit: number;
  /** How many days before an expiry it is told of. */
  noticeDays: readonly number[];
}

/** `notice_stage` rises as the expiry comes nearer, whichever days are configured; that it has come is the last. */
const stageOf = (days: number) => 2 - days;
const expired = 3;

/**
 * Takes notices that are due, a bounded number; with the transaction they count as told, for the expiry that the key has now. Of
 * several that are due of a key the last alone is taken. A key that somebody changes just now has its turn later.
 */
export async function takeExpiryNotices(
  transaction: Database,
  { now, limit, noticeDays }: Taking,
): Promise<ExpiryNoticeDue[]> {
  const expiry = sql`least(expires_at, claimed_expires_at)`;
  const firstDays = Math.max(0, ...noticeDays);
  const nearest = sql`(select min(days) from unnest(${noticeDays}::int[]) days
    where ${expiry} <= ${now}::timestamptz + days * interval '1 day')`;
  const stage = sql`case when ${expiry} <= ${now}::timestamptz then ${expired}::int else ${stageOf(0)}::int - ${nearest} end`;
  const { rows } = await sql<Omit<ExpiryNoticeDue, 'noticeDays'> & { stage: number }>`
    with due as materialized (
      select id, ${expiry} as expiry, ${stage} as stage from api_key
      where status <> 'revoked' and ${expiry} is not null and (notice_of is distinct from ${expiry} or notice_stage < 3)
        and ${expiry} <= ${now}::timestamptz + ${firstDays}::int * interval '1 day'
        and (notice_of is distinct from ${expiry} or notice_stage < ${stage})
      order by ${expiry} limit ${limit} for no key update skip locked
    )
    update api_key set notice_of = due.expiry, notice_stage = due.stage from due where api_key.id = due.id
    returning environment_id as "environmentId", client_id as "clientId", api_key.id as "keyId", due.expiry as "expiresAt",
      due.stage, created_at > due.expiry - greatest(${stageOf(0)}::int - due.stage, 0) * interval '1 day' as "isForNobody"`.execute(
    transaction,
  );
  return rows.map(({ stage: reached, ...row }) => ({
    ...row,
    noticeDays: reached === expired ? null : stageOf(0) - reached,
  }));
}
