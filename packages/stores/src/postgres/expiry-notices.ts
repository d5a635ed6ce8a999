import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Of a key's expiry: that it comes in 7 days or in 1, or that it has come. */
export type ExpiryNotice = 'in 7 days' | 'in 1 day' | 'expired';

export interface ExpiryNoticeDue {
  environmentId: string;
  clientId: string;
  keyId: string;
  expiresAt: Date;
  notice: ExpiryNotice;
  /** The key was made so late that the notice would be no news. */
  isForNobody: boolean;
}

/** By `notice_stage`. */
const notices = [undefined, 'in 7 days', 'in 1 day', 'expired'] as const;

/**
 * Takes notices that are due, a bounded number; with the transaction they count as told, for the expiry that the key has now. Of
 * several that are due of a key the last alone is taken. A key that somebody changes just now has its turn later.
 */
export async function takeExpiryNotices(
  transaction: Database,
  { now, limit }: { now: Date; limit: number },
): Promise<ExpiryNoticeDue[]> {
  const expiry = sql`least(expires_at, claimed_expires_at)`;
  const stage = sql`case when ${expiry} <= ${now}::timestamptz then 3
    when ${expiry} <= ${now}::timestamptz + interval '1 day' then 2 else 1 end`;
  const { rows } = await sql<Omit<ExpiryNoticeDue, 'notice'> & { stage: number }>`
    with due as materialized (
      select id, ${expiry} as expiry, ${stage} as stage from api_key
      where status <> 'revoked' and ${expiry} is not null and (notice_of is distinct from ${expiry} or notice_stage < 3)
        and ${expiry} <= ${now}::timestamptz + interval '7 days'
        and (notice_of is distinct from ${expiry} or notice_stage < ${stage})
      order by ${expiry} limit ${limit} for no key update skip locked
    )
    update api_key set notice_of = due.expiry, notice_stage = due.stage from due where api_key.id = due.id
    returning environment_id as "environmentId", client_id as "clientId", api_key.id as "keyId", due.expiry as "expiresAt",
      due.stage, created_at > due.expiry - (array[interval '7 days', interval '1 day', interval '0'])[due.stage] as "isForNobody"`.execute(
    transaction,
  );
  return rows.map(({ stage: reached, ...row }) => ({ ...row, notice: notices[reached] ?? 'expired' }));
}
