import { type Kysely, sql } from 'kysely';

/** A key's own limit: so many requests in each of these windows. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table api_key
      add column rate_limit bigint,
      add column rate_window text check (rate_window in ('second', 'minute', 'hour', 'day')),
      add constraint api_key_rate check ((rate_limit is null) = (rate_window is null))`.execute(db);
}
