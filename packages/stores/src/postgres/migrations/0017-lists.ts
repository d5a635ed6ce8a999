import { type Kysely, sql } from 'kysely';

/** What long lists need: to look for a part of a name without reading every row. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // The owner of a database may make this extension: Postgres trusts it (PostgreSQL documentation, F.35).
  await sql`create extension if not exists pg_trgm`.execute(db);
  await sql`create index client_name_part on client using gin (name gin_trgm_ops)`.execute(db);
  await sql`create index api_key_name_part on api_key using gin (name gin_trgm_ops)`.execute(db);
  await sql`create index api_key_created on api_key (environment_id, created_at desc, id desc)`.execute(db);
}
