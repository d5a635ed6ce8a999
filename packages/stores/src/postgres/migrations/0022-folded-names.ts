import { type Kysely, sql } from 'kysely';

/**
 * Clients are found by a part of their name in any case. `ilike` folds each name whenever it looks at it, by the rules of the
 * database's language; folded once and compared by bytes, 100,000 names are looked through in a fraction of the time, in an index that
 * holds what lists go by. The table is written anew, so nobody can read it meanwhile.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table client add column name_folded text collate "C" not null generated always as (lower(name)) stored`,
  'create index client_named on client (environment_id, name_folded) include (is_hidden, status, type, template_id)',
  'drop index client_name_part',
  'create index client_name_part on client using gin (name_folded gin_trgm_ops)',
];
