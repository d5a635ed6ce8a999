import { sql } from 'kysely';
import type { Database } from './database.ts';

/**
 * Is nobody else connected to this database? Of other roles' connections only who they are is told, not what they are; Postgres' own
 * workers have no role.
 */
export async function isAlone(db: Database): Promise<boolean> {
  const { rows } = await sql`
    select from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
      and usesysid is not null and coalesce(backend_type, 'client backend') = 'client backend'`.execute(db);
  return rows.length === 0;
}

/** Are there no tables? */
export async function isEmpty(db: Database): Promise<boolean> {
  const { rows } = await sql`select from pg_tables where schemaname = current_schema()`.execute(db);
  return rows.length === 0;
}

/** What lists read instead of tables is known to be visible after it; a restored database has no statistics either. */
export async function vacuum(db: Database): Promise<void> {
  await sql`vacuum analyze`.execute(db);
}
