import type { EnvironmentSettings } from '@keyward/contract/settings';
import { type Insertable, type Selectable, sql, type Updateable } from 'kysely';
import type { Database } from './database.ts';
import { type Part, readPart } from './page.ts';
import type { Schema } from './schema.ts';

/** Projects and what belongs to their environments, but for clients. */
export type ProjectRow = Selectable<Schema['project']>;
export type EnvironmentRow = Selectable<Schema['environment']>;
export type TemplateRow = Selectable<Schema['template']>;
export type TemplateRowChange = Updateable<Schema['template']>;

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

export async function insertTemplates(db: Database, rows: readonly Insertable<Schema['template']>[]): Promise<void> {
  if (rows.length > 0) await db.insertInto('template').values(rows).execute();
}

/** Changes a template of this environment; undefined: it has no such template. */
export async function updateTemplate(
  db: Database,
  { environmentId, id, change }: { environmentId: string; id: string; change: TemplateRowChange },
): Promise<TemplateRow | undefined> {
  if (Object.keys(change).length === 0) return findTemplate(db, environmentId, id);
  return db
    .updateTable('template')
    .set(change)
    .where('environment_id', '=', environmentId)
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
}

export async function findTemplate(db: Database, environmentId: string, id: string): Promise<TemplateRow | undefined> {
  const query = db.selectFrom('template').selectAll().where('environment_id', '=', environmentId);
  return query.where('id', '=', id).executeTakeFirst();
}

/** Is this name taken by another template of the environment? */
export async function findTemplateByName(
  db: Database,
  environmentId: string,
  name: string,
): Promise<string | undefined> {
  const row = await db
    .selectFrom('template')
    .select('id')
    .where('environment_id', '=', environmentId)
    .where('name', '=', name)
    .executeTakeFirst();
  return row?.id;
}

export async function insertSigningSecret(db: Database, row: Insertable<Schema['signing_secret']>): Promise<void> {
  await db.insertInto('signing_secret').values(row).execute();
}

export async function findEnvironment(
  db: Database,
  organizationId: string,
  by: { id: string } | { projectEnv: string },
) {
  const query = db.selectFrom('environment').selectAll().where('organization_id', '=', organizationId);
  return 'id' in by
    ? query.where('id', '=', by.id).executeTakeFirst()
    : query.where('project_env', '=', by.projectEnv).executeTakeFirst();
}

/** Whose environment it is. */
export async function findOrganizationOf(db: Database, environmentId: string): Promise<string | undefined> {
  const query = db.selectFrom('environment').select('organization_id').where('id', '=', environmentId);
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
    .returningAll()
    .executeTakeFirst();
}

/** Locks the environment, as it is now, until the transaction ends: what waits for `raiseEnvironmentVersion` waits for this. */
export async function lockEnvironment(db: Database, environmentId: string): Promise<EnvironmentRow | undefined> {
  return db.selectFrom('environment').selectAll().where('id', '=', environmentId).forNoKeyUpdate().executeTakeFirst();
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

/** The environment's signing secrets, sealed; the first is the one to sign with. */
export async function listSigningSecrets(
  db: Database,
  environmentId: string,
): Promise<{ id: string; sealed: Buffer }[]> {
  const rows = await db
    .selectFrom('signing_secret')
    .select(['id', 'sealed'])
    .where('environment_id', '=', environmentId)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  return rows.map(({ id, sealed }) => ({ id, sealed: Buffer.from(sealed) }));
}

export async function templateExists(db: Database, environmentId: string, templateId: string): Promise<boolean> {
  const row = await db
    .selectFrom('template')
    .select('id')
    .where('environment_id', '=', environmentId)
    .where('id', '=', templateId)
    .executeTakeFirst();
  return row !== undefined;
}

interface ProjectPage extends Part {
  organizationIds: readonly string[];
  /** Only this project. */
  projectId?: string | undefined;
}

export async function listProjects(db: Database, page: ProjectPage): Promise<{ total: number; rows: ProjectRow[] }> {
  const { organizationIds, projectId, limit, offset } = page;
  if (organizationIds.length === 0) return { total: 0, rows: [] };
  let query = db.selectFrom('project').where('organization_id', 'in', organizationIds);
  if (projectId !== undefined) query = query.where('id', '=', projectId);
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

export async function listTemplates(db: Database, environmentIds: readonly string[]): Promise<TemplateRow[]> {
  if (environmentIds.length === 0) return [];
  return db
    .selectFrom('template')
    .selectAll()
    .where('environment_id', 'in', environmentIds)
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
    .orderBy('created_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
}
