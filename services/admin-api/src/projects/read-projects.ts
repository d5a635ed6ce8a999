import type { EnvSummary, ProjectSummary } from '@keyward/contract/routes/project';
import { listMembers } from '@keyward/stores/postgres/accounts';
import {
  countEnvironments,
  type EnvironmentRow,
  findEnvironment,
  findOrganizationName,
  findProject,
  findReservedName,
  listEnvironments,
  listProjects,
  type ProjectFilter,
  type ProjectRow,
} from '@keyward/stores/postgres/projects';
import { listActiveServerKeys } from '@keyward/stores/postgres/server-keys';
import { listTemplates } from '@keyward/stores/postgres/templates';
import type { Actor } from '../access/actor.ts';
import type { OrganizationCall } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { type Paged, paged } from '../paging.ts';
import type { FirstSecrets } from './create-environment.ts';
import { unknownProject } from './find-project.ts';
import { viewTemplate } from './templates.ts';

/** The projects that the actor may see: a person's organization's, or the one that a server key's environment is of. */
export async function readProjects(
  administration: Administration,
  { actor, organizationId }: OrganizationCall,
  { page, limit, ...filter }: ProjectFilter & { page: number; limit: number },
): Promise<Paged<ProjectSummary>> {
  const { db } = administration;
  const own = actor.kind === 'server-key' ? await ownProject(administration, actor) : undefined;
  const { total, rows } = await listProjects(db, {
    organizationId,
    filter,
    projectId: own?.project_id ?? undefined,
    limit,
    offset: (page - 1) * limit,
  });
  const data = [];
  for (const row of rows) data.push(await viewProject(administration, { row, only: own?.id }));
  return paged({ data, total, page, limit });
}

/** A project by its slug or by the `project_env` of one of its environments. A foreign name is an unknown one. */
export async function readProject(
  administration: Administration,
  { actor, organizationId }: OrganizationCall,
  name: string,
): Promise<ProjectSummary> {
  const own = actor.kind === 'server-key' ? await ownProject(administration, actor) : undefined;
  const projectId = await findReservedName(administration.db, organizationId, name);
  const row =
    projectId === undefined ? undefined : await findProject(administration.db, organizationId, { id: projectId });
  const visible = own === undefined || (own.project_id === row?.id && (name === row.slug || name === own.project_env));
  if (!row || !visible) throw unknownProject();
  return viewProject(administration, { row, named: name, only: own?.id });
}

async function ownProject({ db }: Administration, actor: Actor & { kind: 'server-key' }): Promise<EnvironmentRow> {
  const environment = await findEnvironment(db, actor.organizationId, { id: actor.environmentId });
  if (!environment) throw unknownProject();
  return environment;
}

interface ViewOptions {
  row: ProjectRow;
  /** The name that was asked for; if it is a `project_env`, `env` is that environment. */
  named?: string;
  secrets?: FirstSecrets;
  /** For a server key: this environment only, and nobody's address. */
  only?: string | undefined;
}

export async function viewProject(
  administration: Administration,
  { row, named, secrets, only }: ViewOptions,
): Promise<ProjectSummary> {
  const { db } = administration;
  const environments = (await listEnvironments(db, row.id)).filter(({ id }) => only === undefined || id === only);
  const ids = environments.map((environment) => environment.id);
  const serverKeys = await listActiveServerKeys(db, ids, new Date(administration.clock.nowMs()));
  const members = await listMembers(db, row.organization_id);
  const list = await viewEnvironments(administration, environments, secrets);
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    description: row.description,
    metadata: row.metadata,
    team: {
      id: row.organization_id,
      name: await findOrganizationName(db, row.organization_id),
      members: { count: members.length, max: null, list: only === undefined ? members : [] },
      credentials: {
        count: serverKeys.length,
        list: serverKeys.map((key) => ({
          id: key.id,
          name: key.name,
          keyPrefix: key.key_prefix,
          project_env: environments.find((environment) => environment.id === key.environment_id)?.project_env ?? '',
        })),
      },
    },
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    envs: { count: list.length, max: null, list },
    env: list.find((environment) => environment.project_env === named) ?? null,
  };
}

async function viewEnvironments(
  { db, clock, maxEndpoints }: Administration,
  environments: readonly EnvironmentRow[],
  secrets: FirstSecrets | undefined,
): Promise<EnvSummary[]> {
  const ids = environments.map((environment) => environment.id);
  const templates = await listTemplates(db, ids);
  const counts = new Map(
    (await countEnvironments(db, ids, new Date(clock.nowMs()))).map((row) => [row.environmentId, row]),
  );
  return environments.map((environment) => {
    const count = counts.get(environment.id);
    const own = templates.filter((template) => template.environment_id === environment.id).map(viewTemplate);
    const unlimited = (used: number | undefined) => ({ count: used ?? 0, max: null });
    const { rateLimits: caps = {} } = environment.settings;
    const capped = (window: 'hour' | 'day' | 'week' | 'month') => ({
      count: count?.[window] ?? 0,
      max: caps[window] ?? null,
    });
    return {
      id: environment.id,
      project_env: environment.project_env,
      type: environment.type,
      url: environment.url,
      version: environment.version,
      status: environment.status,
      metadata: environment.metadata,
      templates: { count: own.length, list: own },
      clients: unlimited(count?.clients),
      endpoints: { count: count?.endpoints ?? 0, max: maxEndpoints },
      rateLimits: {
        hour: capped('hour'),
        day: capped('day'),
        week: capped('week'),
        month: capped('month'),
      },
      ...secrets?.get(environment.id),
    };
  });
}
