import { type Kysely, sql } from 'kysely';

/**
 * Notices of a key's expiry are told so many days before as is configured: `notice_stage` says how far they have come by the days (2 less
 * them), and no more by their place in a list of two. Code of before tells one of them again, or has the last one left out, while it
 * goes on beside this.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    update api_key set notice_stage = case notice_stage when 1 then -5 else 1 end
    where notice_stage in (1, 2) and notice_of is not null`.execute(db);
}
