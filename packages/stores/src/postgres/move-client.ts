import { sql } from 'kysely';
import type { Database } from './database.ts';

/** Another living environment in which the keys of a client are known that are known beyond its own; undefined: there is none. */
export async function findOtherHome(db: Database, clientId: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select environment.id from api_key
    join environment on environment.organization_id = api_key.organization_id
      and api_key.reach_id in (environment.project_id, environment.organization_id)
    where api_key.client_id = ${clientId} and environment.id <> api_key.environment_id and environment.deleted_at is null
    order by environment.created_at, environment.id limit 1`.execute(db);
  return rows[0]?.id;
}

/** Moves a client with its keys, and with what is left of deleted ones; none of them may be known in its old environment alone. */
export async function moveClient(db: Database, clientId: string, environmentId: string): Promise<void> {
  const to = { environment_id: environmentId };
  await db
    .updateTable('client')
    .set({ ...to, template_id: null })
    .where('id', '=', clientId)
    .execute();
  await db
    .updateTable('tombstone')
    .set(to)
    .where('client_id', '=', clientId)
    .where('reach_id', 'is not', null)
    .execute();
}
