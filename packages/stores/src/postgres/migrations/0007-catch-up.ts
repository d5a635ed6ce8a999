import { type Kysely, sql } from 'kysely';

/** Requests to say when everything that the event log held at some time is counted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table catch_up (
      id text primary key,
      requested_at timestamptz not null,
      log_id text,
      end_offsets jsonb,
      reached_at timestamptz
    )`.execute(db);
}
