import { type Kysely, sql } from 'kysely';

/**
 * Drops the indexes that those of 0018 stand in for. It needs the tables for itself, and so holds nothing else that somebody who reads
 * them may want to write.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`drop index if exists client_created, api_key_created, api_key_stopped, api_key_expiry`.execute(db);
}
