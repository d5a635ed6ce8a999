import type { EnvSummary, ProjectRemoval, ProjectRemoved, ProjectSummary } from '@keyward/contract/routes/project';
import { AppError } from '@keyward/kit/app-error';
import { eraseAnswers } from '@keyward/stores/postgres/idempotent-answers';
import { deleteProject as deleteRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { type ChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { deleteEnvironments } from './delete-environments.ts';
import { deleteTemplate } from './delete-template.ts';
import { lockProject } from './lock-project.ts';

interface Deleting {
  /** The project's slug, or the `project_env` of one of its environments. */
  name: string;
  removal: ProjectRemoval;
}

type Removing = Pick<ProjectRemoved, 'deleted' | 'slug' | 'forced'>;

/** Deletes a project, an environment or a template (wire.md §3): what the caller has named, and nothing wider. */
export async function deleteProject(
  administration: Administration,
  call: ChangeCall,
  { name, removal }: Deleting,
): Promise<Outcome<ProjectRemoved>> {
  return makeChange(administration, call, async (change) => {
    const { view } = await lockProject(administration, change, { name, ifMatch: call.ifMatch });
    const { forceDelete = false } = removal;
    return done({ success: true, ...(await remove(change, { view, target: targetOf(view, removal), forceDelete })) });
  });
}

type Target =
  | { kind: 'project' }
  | { kind: 'env'; environment: EnvSummary }
  | { kind: 'template'; environment: EnvSummary; templateId: string };

/** A `project_env` in the URL names the environment, unless `kind` says otherwise. */
function targetOf({ envs, env }: ProjectSummary, { kind, envId, templateId }: ProjectRemoval): Target {
  const check = new InputCheck();
  const meant = kind ?? (templateId ? 'template' : envId || env ? 'env' : 'project');
  if (templateId && meant !== 'template') check.fault('/templateId', `does not go with kind ${meant}`);
  if (envId && meant === 'project') check.fault('/envId', 'does not go with kind project');
  if (!templateId && meant === 'template') check.fault('/templateId', 'is required with kind template');
  if (!envId && !env && meant === 'env') check.fault('/envId', 'is required: the URL names no environment');
  check.done();
  if (meant === 'project') return { kind: meant };
  const holds = (each: EnvSummary) => each.templates.list.some(({ id }) => id === templateId?.toLowerCase());
  const named = envId ? envs.list.filter(({ id }) => id === envId.toLowerCase()) : env ? [env] : envs.list;
  if (meant === 'env') {
    const [environment] = named;
    if (!environment) throw new AppError('NOT_FOUND', 'This project has no such environment.');
    return { kind: meant, environment };
  }
  const environment = named.find(holds);
  if (!environment || !templateId) throw new AppError('NOT_FOUND', 'This project has no such template.');
  return { kind: meant, environment, templateId };
}

interface Doing {
  view: ProjectSummary;
  target: Target;
  forceDelete: boolean;
}

async function remove(change: Change, { view, target, forceDelete }: Doing): Promise<Removing> {
  switch (target.kind) {
    case 'project': {
      const environmentIds = view.envs.list.map(({ id }) => id);
      const { forced } = await deleteEnvironments(change, { environmentIds, forceDelete });
      const { transaction, organizationId } = change;
      await deleteRow(transaction, view.id);
      await eraseAnswers(transaction, { ownerId: organizationId, subjectIds: [view.id] });
      change.record({ action: 'project.delete', subject: { kind: 'project', id: view.id }, before: view });
      return { deleted: 'project', slug: view.slug, forced };
    }
    case 'env': {
      const { id, project_env } = target.environment;
      const { forced } = await deleteEnvironments(change, { environmentIds: [id], forceDelete });
      return { deleted: 'env', slug: project_env, forced };
    }
    case 'template': {
      const { environment, templateId: id } = target;
      const { template, forced } = await deleteTemplate(change, { environmentId: environment.id, id, forceDelete });
      return { deleted: 'template', slug: template.name, forced };
    }
  }
}
