import { type Kysely, sql } from 'kysely';

/**
 * How often each key was used, to be given back to a shard that was lost: `success` less `not_uses`, when the last was, and
 * `uses_since`, how many of them came by the outbox of `incarnation`, the newest that is known. The shard has counted these
 * itself. And which requests were no uses.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Incarnations are UUIDv7, and told apart by their time: letter by letter.
  await sql`alter table key_total
    add column not_uses bigint not null default 0,
    add column last_use_at timestamptz,
    add column incarnation text collate "C",
    add column uses_since bigint not null default 0`.execute(db);
  await sql`update key_total set last_use_at = last_used_at where success > 0`.execute(db);
  await sql`alter table request_log add column tracked boolean not null default true`.execute(db);
}
