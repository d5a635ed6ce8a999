import type { EnvironmentSettings } from '@keyward/contract/settings';
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from './database.ts';
import { containing, type Part, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** Projects and their environments; a deleted environment is found by nobody. */
export type ProjectRow = Selectable<Schema['project']>;
export type EnvironmentRow = Selectable<Schema['environment']>;

export async function insertProject(db: Database, row: Insertable<Schema['project']>): Promise<void> {
  await db.insertInto('project').values(row).execute();
}

/** Takes names in the organization's name space; answers those that were taken already. */
export async function reserveNames(
  db: Database,
  rows: readonly Insertable<Schema['reserved_name']>[],
): Promise<string[]> {
  const reserved = await db
    .insertInto('reserved_name')
    .values([...rows].sort((a, b) => (a.name < b.name ? -1 : 1)))
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .execute();
  const names = new Set(reserved.map((row) => row.name));
  return rows.filter((row) => !names.has(row.name)).map((row) => row.name);
}

export async function findReservedName(
  db: Database,
  organizationId: string,
  name: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('reserved_name')
    .select('project_id')
    .where('organization_id', '=', organizationId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.project_id;
}

export async function insertEnvironment(db: Database, row: Insertable<Schema['environment']>): Promise<void> {
  await db.insertInto('environment').values(row).execute();
}

export async function findEnvironment(
  db: Database,
  organizationId: string,
  by: { id: string } | { projectEnv: string },
) {
  const query = living(db).selectAll().where('organization_id', '=', organizationId);
  return 'id' in by
    ? query.where('id', '=', by.id).executeTakeFirst()
    : query.where('project_env', '=', by.projectEnv).executeTakeFirst();
}

function living(db: Database) {
  return db.selectFrom('environment').where('deleted_at', 'is', null);
}

/** Whose environment it is. */
export async function findOrganizationOf(db: Database, environmentId: string): Promise<string | undefined> {
  const query = living(db).select('organization_id').where('id', '=', environmentId);
  return (await query.executeTakeFirst())?.organization_id;
}

/** Locks the environment and gives it its next version: one more than the last, and not before now. */
export async function raiseEnvironmentVersion(
  db: Database,
  environmentId: string,
  now: Date,
): Promise<EnvironmentRow | undefined> {
  return db
    .updateTable('environment')
    .set({ version: sql<number>`greatest(version + 1, ${now.getTime()}::bigint)`, updated_at: now })
    .where('id', '=', environmentId)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst();
}

/** Locks the environment, as it is now, until the transaction ends: what waits for `raiseEnvironmentVersion` waits for this. */
export async function lockEnvironment(db: Database, environmentId: string): Promise<EnvironmentRow | undefined> {
  return living(db).selectAll().where('id', '=', environmentId).forNoKeyUpdate().executeTakeFirst();
}

/** It is not deleted before the transaction ends; false: it was. */
export async function keepEnvironment(transaction: Database, environmentId: string): Promise<boolean> {
  const query = living(transaction).select('id').where('id', '=', environmentId).forKeyShare();
  return (await query.executeTakeFirst()) !== undefined;
}

export async function updateSettings(
  db: Database,
  environmentId: string,
  settings: Partial<EnvironmentSettings>,
): Promise<void> {
  await db
    .updateTable('environment')
    .set({ settings: JSON.stringify(settings) })
    .where('id', '=', environmentId)
    .execute();
}

interface ProjectPage extends Part {
  organizationId: string;
  /** Only this project. */
  projectId?: string | undefined;
  filter: ProjectFilter;
}

export interface ProjectFilter {
  /** Part of the name. */
  name?: string | undefined;
  slug?: string | undefined;
}

export async function listProjects(db: Database, page: ProjectPage): Promise<{ total: number; rows: ProjectRow[] }> {
  const { organizationId, projectId, filter, limit, offset } = page;
  let query = db.selectFrom('project').where('organization_id', '=', organizationId);
  if (projectId !== undefined) query = query.where('id', '=', projectId);
  if (filter.name !== undefined) query = query.where('name', 'ilike', containing(filter.name));
  if (filter.slug !== undefined) query = query.where('slug', '=', filter.slug);
  return readPart(query, { limit, offset });
}

type ProjectName = { id: string } | { slug: string };

export async function findProject(
  db: Database,
  organizationId: string,
  by: ProjectName,
): Promise<ProjectRow | undefined> {
  return projectBy(db, organizationId, by).executeTakeFirst();
}

/** The project, which stays until the transaction ends: whoever deletes it waits. */
export async function keepProject(
  transaction: Database,
  organizationId: string,
  by: ProjectName,
): Promise<ProjectRow | undefined> {
  return projectBy(transaction, organizationId, by).forKeyShare().executeTakeFirst();
}

function projectBy(db: Database, organizationId: string, by: ProjectName) {
  const query = db.selectFrom('project').selectAll().where('organization_id', '=', organizationId);
  return 'id' in by ? query.where('id', '=', by.id) : query.where('slug', '=', by.slug);
}

export async function updateProject(db: Database, id: string, change: Updateable<Schema['project']>): Promise<void> {
  await db.updateTable('project').set(change).where('id', '=', id).execute();
}

/** Locks the project, as it is now, until the transaction ends. */
export async function lockProject(
  transaction: Database,
  organizationId: string,
  id: string,
): Promise<ProjectRow | undefined> {
  return projectBy(transaction, organizationId, { id }).forUpdate().executeTakeFirst();
}

/** Its names are free from then on. Its environments are to be deleted before. */
export async function deleteProject(db: Database, id: string): Promise<void> {
  await db.deleteFrom('project').where('id', '=', id).execute();
}

export async function updateEnvironment(
  db: Database,
  id: string,
  change: Pick<Updateable<Schema['environment']>, 'url' | 'metadata' | 'status'>,
): Promise<void> {
  if (Object.keys(change).length > 0) await db.updateTable('environment').set(change).where('id', '=', id).execute();
}

export async function findOrganizationName(db: Database, organizationId: string): Promise<string> {
  const row = await db
    .selectFrom('organization')
    .select('name')
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow();
  return row.name;
}

export async function listEnvironments(db: Database, projectId: string): Promise<EnvironmentRow[]> {
  return db
    .selectFrom('environment')
    .selectAll()
    .where('project_id', '=', projectId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

export interface EnvironmentCounts {
  environmentId: string;
  clients: number;
  endpoints: number;
  /** Decisions counted in the present calendar windows, UTC. */
  hour: number;
  day: number;
  week: number;
  month: number;
}

export async function countEnvironments(
  db: Database,
  environmentIds: readonly string[],
  now: Date,
): Promise<EnvironmentCounts[]> {
  if (environmentIds.length === 0) return [];
  const since = (unit: string) => sql`date_trunc(${sql.lit(unit)}, ${now}::timestamptz, 'UTC')`;
  const usage = (unit: string) => sql<number>`(
    select coalesce(sum(count), 0)::float8 from usage_hour where environment_id = environment.id and hour >= ${since(unit)})`;
  return db
    .selectFrom('environment')
    .select('id as environmentId')
    .select([
      sql<number>`(select count(*)::int from client where environment_id = environment.id)`.as('clients'),
      sql<number>`(select count(*)::int from endpoint where environment_id = environment.id)`.as('endpoints'),
      usage('hour').as('hour'),
      usage('day').as('day'),
      usage('week').as('week'),
      usage('month').as('month'),
    ])
    .where('id', 'in', environmentIds)
    .execute();
}

/** The oldest environment of an organization, with the id of its oldest client. */
export async function findFirstEnvironment(
  db: Database,
  organizationId: string,
): Promise<{ id: string; project_env: string; first_client_id: string | null } | undefined> {
  return db
    .selectFrom('environment')
    .select(['id', 'project_env'])
    .select(
      sql<
        string | null
      >`(select client.id from client where environment_id = environment.id order by created_at, client.id limit 1)`.as(
        'first_client_id',
      ),
    )
    .where('organization_id', '=', organizationId)
    .where('deleted_at', 'is', null)
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}
