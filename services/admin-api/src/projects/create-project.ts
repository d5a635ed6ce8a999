import type { IfExists } from '@keyward/contract/fields';
import type { NewProject, ProjectSummary } from '@keyward/contract/routes/project';
import { newId } from '@keyward/kit/random';
import { findProject, insertProject } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import { existingOne } from '../changes/existing-one.ts';
import { type ChangeCall, makeChange } from '../changes/make-change.ts';
import { created, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { lockOrganization } from '../organizations/lock-organization.ts';
import { checkEnvironments } from './check-environments.ts';
import { createEnvironment, type FirstSecrets, projectEnvOf } from './create-environment.ts';
import { viewProject } from './read-projects.ts';
import { takeNames } from './take-names.ts';

interface CreateOptions {
  input: NewProject;
  ifExists?: IfExists | undefined;
}

/** Creates a project with its environments; each has a server key and a signing secret to begin with. */
export async function createProject(
  administration: Administration,
  call: ChangeCall,
  { input, ifExists }: CreateOptions,
): Promise<Outcome<ProjectSummary>> {
  checkInput(input);
  return makeChange(administration, call, async (change) => {
    const { transaction, now, organizationId } = change;
    await lockOrganization(transaction, organizationId);
    const existing = await findProject(transaction, organizationId, { slug: input.slug });
    if (existing) {
      const view = await viewProject({ ...administration, db: transaction }, { row: existing });
      return existingOne({ view, ifExists, message: `The name ${input.slug} is taken in this organization.` });
    }
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
    await insertProject(transaction, { ...project, metadata: JSON.stringify(project.metadata) });
    await takeNames(transaction, project, [
      input.slug,
      ...input.envs.map((environment) => projectEnvOf(project, environment)),
    ]);
    const secrets: FirstSecrets = new Map();
    for (const environment of input.envs) {
      const { id, ...secret } = await createEnvironment(administration, change, { project, input: environment });
      secrets.set(id, secret);
    }
    const view = await viewProject({ ...administration, db: transaction }, { row: project, secrets });
    change.record({ action: 'project.create', subject: { kind: 'project', id: project.id }, after: view });
    return created(view);
  });
}

function checkInput(input: NewProject): void {
  const check = new InputCheck();
  check.metadata('/metadata', input.metadata);
  checkEnvironments(check, input.envs);
  check.done();
}
