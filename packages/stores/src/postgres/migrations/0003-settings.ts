import { type Kysely, sql } from 'kysely';

/** What an environment decides for itself; what is missing has its default. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table environment add column settings jsonb not null default '{}'`.execute(db);
}
