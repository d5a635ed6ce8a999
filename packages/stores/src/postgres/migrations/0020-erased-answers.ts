import { type Kysely, sql } from 'kysely';

/** What answers tell of that are kept for repetitions, so that they go with it; older ones go by time. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table idempotent_answer
      add column owner_id uuid, add column subject_ids uuid[] not null default '{}'`.execute(db);
  await sql`create index idempotent_answer_subject on idempotent_answer using gin (subject_ids)`.execute(db);
}
