import { sql } from 'kysely';
import type { Database } from './database.ts';

/**
 * Deletes an environment: its names are free, its server keys revoked, its secrets gone. What is left is a row at its last version,
 * which the projection is made from, and its clients, until `emptyDeletedEnvironments` has come to them.
 */
export async function deleteEnvironment(transaction: Database, environmentId: string, now: Date): Promise<void> {
  const of = <T extends 'endpoint' | 'request_public_key' | 'signing_secret' | 'key_sighting'>(table: T) =>
    sql`delete from ${sql.table(table)} where environment_id = ${environmentId}`.execute(transaction);
  await of('signing_secret'); // first of all, as whoever signs keys locks it before the environment
  await sql`
    delete from reserved_name using environment
    where environment.id = ${environmentId} and reserved_name.organization_id = environment.organization_id
      and reserved_name.name = environment.project_env`.execute(transaction);
  await transaction
    .updateTable('environment')
    .set({
      project_id: null,
      project_env: environmentId,
      url: null,
      metadata: '{}',
      settings: '{}',
      status: 'disabled',
      version: sql<number>`greatest(version + 1, ${now.getTime()}::bigint)`,
      updated_at: now,
      deleted_at: now,
    })
    .where('id', '=', environmentId)
    .execute();
  await transaction
    .updateTable('server_key')
    .set({ status: 'revoked', name: '', key_prefix: '' })
    .where('environment_id', '=', environmentId)
    .execute();
  await of('endpoint');
  await of('request_public_key');
  await of('key_sighting');
}

/** How many clients of these environments are not disabled. */
export async function countActiveClients(db: Database, environmentIds: readonly string[]): Promise<number> {
  if (environmentIds.length === 0) return 0;
  const { count } = await db
    .selectFrom('client')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('environment_id', 'in', environmentIds)
    .where('status', '=', 'active')
    .executeTakeFirstOrThrow();
  return count;
}

/** Some of the clients that deleted environments still have. */
export async function listClientsOfDeleted(
  db: Database,
  limit: number,
): Promise<{ id: string; environment_id: string; organization_id: string }[]> {
  return db
    .selectFrom('environment')
    .innerJoin('client', 'client.environment_id', 'environment.id')
    .select(['client.id', 'client.environment_id', 'client.organization_id'])
    .where('environment.deleted_at', 'is not', null)
    .where('environment.erased_at', 'is', null)
    .orderBy('environment.deleted_at')
    .limit(limit)
    .execute();
}

/** The templates of deleted environments that have no clients any more. */
export async function dropTemplatesOfDeleted(db: Database): Promise<void> {
  await sql`
    delete from template using environment
    where environment.id = template.environment_id and environment.deleted_at is not null
      and environment.erased_at is null
      and not exists (select from client where client.environment_id = environment.id)`.execute(db);
}
