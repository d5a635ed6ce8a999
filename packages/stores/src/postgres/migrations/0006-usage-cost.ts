import { type Kysely, sql } from 'kysely';

/** What admitted requests cost, by the hour of the decision: the limits' totals are computed from it after a loss. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table usage_hour add column cost bigint not null default 0`.execute(db);
  // Every request cost 1 before costs were counted.
  await sql`update usage_hour set cost = count where verdict = 'ALLOWED'`.execute(db);
  await sql`create index usage_hour_client on usage_hour (client_id, hour)`.execute(db);
}
