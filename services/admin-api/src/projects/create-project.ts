import type { NewProject, ProjectSummary } from '@keyward/contract/routes/project';
import { AppError } from '@keyward/kit/app-error';
import { newId, newSecret } from '@keyward/kit/random';
import type { Database } from '@keyward/stores/postgres/database';
import {
  findReservedName,
  insertEnvironment,
  insertProject,
  insertSigningSecret,
  insertTemplates,
  type ProjectRow,
  reserveNames,
} from '@keyward/stores/postgres/projects';
import { insertServerKey } from '@keyward/stores/postgres/server-keys';
import type { Administration } from '../administration.ts';
import { type ChangeCall, makeChange } from '../changes/make-change.ts';
import { created, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { issueServerKey } from './issue-server-key.ts';
import { viewProject } from './read-projects.ts';

/** What is shown once: the first server key and signing secret of each environment, by its id. */
export type FirstSecrets = ReadonlyMap<string, { serverKey: string; signingSecret: string }>;

/** Creates a project with its environments; each has a server key and a signing secret to begin with. */
export async function createProject(
  administration: Administration,
  call: ChangeCall,
  input: NewProject,
): Promise<Outcome<ProjectSummary>> {
  checkInput(input);
  return makeChange(administration, call, async (change) => {
    const { transaction, now, organizationId } = change;
    const project = {
      id: newId(),
      organization_id: organizationId,
      slug: input.slug,
      name: input.name,
      description: input.description ?? null,
      metadata: input.metadata ?? {},
      created_at: now,
      updated_at: now,
    };
    const secrets = new Map<string, { serverKey: string; signingSecret: string }>();
    await insertProject(transaction, { ...project, metadata: JSON.stringify(project.metadata) });
    await takeNames(transaction, project, input);
    for (const environment of input.envs) {
      const { id, ...secret } = await createEnvironment(administration, {
        transaction,
        project,
        input: environment,
        now,
      });
      secrets.set(id, secret);
      await change.note({ environmentId: id });
    }
    const view = await viewProject({ ...administration, db: transaction }, { row: project, secrets });
    const { team: _, ...after } = view;
    change.record({ action: 'project.create', subject: { kind: 'project', id: project.id }, after });
    return created(view);
  });
}

function checkInput(input: NewProject): void {
  const check = new InputCheck();
  check.text('/name', input.name);
  check.text('/description', input.description);
  check.metadata('/metadata', input.metadata);
  const types = new Set<string>();
  for (const [i, environment] of input.envs.entries()) {
    if (types.has(environment.type)) check.fault(`/envs/${i}/type`, 'appears twice');
    types.add(environment.type);
    const names = (environment.templates ?? []).map((template) => template.name);
    for (const [j, name] of names.entries()) {
      check.text(`/envs/${i}/templates/${j}/name`, name);
      if (names.indexOf(name) < j) check.fault(`/envs/${i}/templates/${j}/name`, 'appears twice');
    }
  }
  check.done();
}

/** Slugs and `project_env`s share one name space: `a` + `b-c` and `a-b` + `c` would be the same environment. */
async function takeNames(transaction: Database, project: ProjectRow, input: NewProject): Promise<void> {
  const names = [input.slug, ...input.envs.map((environment) => `${input.slug}-${environment.type}`)];
  const rows = names.map((name) => ({ organization_id: project.organization_id, name, project_id: project.id }));
  const [taken] = await reserveNames(transaction, rows);
  if (taken === undefined) return;
  const existingId = await findReservedName(transaction, project.organization_id, taken);
  throw new AppError(
    'ALREADY_EXISTS',
    `The name ${taken} is taken in this organization.`,
    existingId === undefined ? {} : { existingId },
  );
}

interface EnvironmentOptions {
  transaction: Database;
  project: ProjectRow;
  input: NewProject['envs'][number];
  now: Date;
}

async function createEnvironment(
  { pepper, secrets }: Administration,
  { transaction, project, input, now }: EnvironmentOptions,
): Promise<{ id: string; serverKey: string; signingSecret: string }> {
  const organization_id = project.organization_id;
  const id = newId();
  const scope = { organization_id, environment_id: id, created_at: now };
  await insertEnvironment(transaction, {
    id,
    organization_id,
    project_id: project.id,
    type: input.type,
    project_env: `${project.slug}-${input.type}`,
    url: input.url ?? null,
    status: 'active',
    metadata: '{}',
    version: now.getTime(),
    created_at: now,
    updated_at: now,
  });
  await insertTemplates(
    transaction,
    (input.templates ?? []).map((template) => ({
      id: newId(),
      ...scope,
      name: template.name,
      rate_limit_hour: template.rateLimitHour ?? null,
      rate_limit_day: template.rateLimitDay ?? null,
      rate_limit_week: template.rateLimitWeek ?? null,
      rate_limit_month: template.rateLimitMonth ?? null,
      max_clients: template.maxClients ?? null,
    })),
  );
  const signingSecret = newSecret();
  const secretId = newId();
  await insertSigningSecret(transaction, {
    id: secretId,
    ...scope,
    name: 'first',
    is_first: true,
    sealed: secrets.seal(signingSecret, secretId),
  });
  const environment = { id, organization_id, type: input.type };
  const serverKey = issueServerKey({ pepper }, { environment, name: 'first', now });
  await insertServerKey(transaction, serverKey.row);
  return { id, serverKey: serverKey.raw, signingSecret };
}
