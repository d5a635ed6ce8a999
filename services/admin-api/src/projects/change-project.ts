import type {
  EnvironmentChange,
  EnvironmentItem,
  EnvSummary,
  ProjectChange,
  ProjectSummary,
} from '@keyward/contract/routes/project';
import { AppError } from '@keyward/kit/app-error';
import {
  type ProjectRow,
  raiseEnvironmentVersion,
  updateEnvironment,
  updateProject,
} from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { type ChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { checkEnvironments } from './check-environments.ts';
import { createEnvironment, type FirstSecrets, projectEnvOf } from './create-environment.ts';
import { deleteEnvironments } from './delete-environments.ts';
import { lockProject } from './lock-project.ts';
import { viewProject } from './read-projects.ts';
import { takeNames } from './take-names.ts';

/** A project has at most so many environments. */
const maxEnvironments = 20;

/** Changes what the body names; environments that are not named stay as they are. */
export async function changeProject(
  administration: Administration,
  call: ChangeCall,
  { name, change: asked }: { name: string; change: ProjectChange },
): Promise<Outcome<ProjectSummary>> {
  return makeChange(administration, call, async (change) => {
    const { transaction } = change;
    const { row, view: before } = await lockProject(administration, change, { name, ifMatch: call.ifMatch });
    const plan = planEnvironments(before, asked);
    await updateFields(change, row, asked);
    for (const [environment, fields] of plan.toChange) await changeOne(change, environment, fields);
    for (const { id, forceDelete = false } of plan.toDelete)
      await deleteEnvironments(change, { environmentIds: [id], forceDelete });
    const secrets = await addEnvironments(administration, change, { project: row, inputs: plan.toAdd });
    const shown = { row: { ...row, ...fieldsOf(asked), updated_at: change.now }, named: name, secrets };
    const after = await viewProject({ ...administration, db: transaction }, shown);
    change.record({ action: 'project.change', subject: { kind: 'project', id: row.id }, before, after });
    return done(after);
  });
}

interface Plan {
  toChange: [EnvSummary, EnvironmentChange][];
  toDelete: { id: string; forceDelete: boolean | undefined }[];
  toAdd: EnvironmentItem[];
}

/** Says of each environment that is named what is to become of it; refuses what the schema cannot. */
function planEnvironments(
  { envs, env }: ProjectSummary,
  { singleEnv, envs: items = [], ...asked }: ProjectChange,
): Plan {
  const check = new InputCheck();
  check.metadata('/metadata', asked.metadata);
  checkEnvironments(check, items);
  const plan: Plan = { toChange: [], toDelete: [], toAdd: [] };
  if (singleEnv) {
    check.metadata('/singleEnv/metadata', singleEnv.metadata);
    if (env) plan.toChange.push([env, singleEnv]);
    else check.fault('/singleEnv', 'is for the project_env in the URL, and there is a slug');
  }
  for (const [i, { delete: isDeleted = false, forceDelete, ...item }] of items.entries()) {
    const { type, templates, ...fields } = item;
    const known = envs.list.find((each) => each.type === type);
    if (forceDelete !== undefined && !isDeleted) check.fault(`/envs/${i}/forceDelete`, 'is for delete only');
    if (known && singleEnv && known.id === env?.id) check.fault(`/envs/${i}`, 'is what singleEnv is about');
    if (isDeleted && !known) check.fault(`/envs/${i}/type`, 'is not an environment of this project');
    else if (known && isDeleted) plan.toDelete.push({ id: known.id, forceDelete });
    else if (!known) plan.toAdd.push(item);
    else if (templates) check.fault(`/envs/${i}/templates`, 'is for new environments; see /template for others');
    else plan.toChange.push([known, fields]);
  }
  if (envs.list.length - plan.toDelete.length + plan.toAdd.length > maxEnvironments)
    check.fault('/envs', `a project has at most ${maxEnvironments} environments`);
  check.done();
  return plan;
}

function fieldsOf({
  name,
  description,
  metadata,
}: ProjectChange): Partial<Pick<ProjectRow, 'name' | 'description' | 'metadata'>> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

async function updateFields({ transaction, now }: Change, { id }: ProjectRow, asked: ProjectChange): Promise<void> {
  const { metadata, ...fields } = fieldsOf(asked);
  const printed = metadata === undefined ? {} : { metadata: JSON.stringify(metadata) };
  await updateProject(transaction, id, { ...fields, ...printed, updated_at: now });
}

/** From the answer on every validator goes by its status. */
async function changeOne(
  change: Change,
  before: EnvSummary,
  { url, status, metadata }: EnvironmentChange,
): Promise<void> {
  const { transaction, now } = change;
  const { id } = before;
  if (!(await raiseEnvironmentVersion(transaction, id, now)))
    throw new AppError('NOT_FOUND', 'There is no such environment.');
  const fields = { ...(url === undefined ? {} : { url }), ...(status === undefined ? {} : { status }) };
  const printed = metadata === undefined ? {} : { metadata: JSON.stringify(metadata) };
  await updateEnvironment(transaction, id, { ...fields, ...printed });
  await change.note({ environmentId: id });
  const after = { ...before, ...fields, ...(metadata === undefined ? {} : { metadata }) };
  const subject = { kind: 'environment', id };
  change.record({ action: 'environment.change', subject, environmentId: id, before, after });
}

async function addEnvironments(
  administration: Administration,
  change: Change,
  { project, inputs }: { project: ProjectRow; inputs: readonly EnvironmentItem[] },
): Promise<FirstSecrets> {
  const names = inputs.map((input) => projectEnvOf(project, input));
  await takeNames(change.transaction, project, names);
  const secrets: FirstSecrets = new Map();
  for (const [i, input] of inputs.entries()) {
    const { id, ...secret } = await createEnvironment(administration, change, { project, input });
    secrets.set(id, secret);
    const after = { project_env: names[i], url: input.url, status: input.status, metadata: input.metadata };
    change.record({ action: 'environment.create', subject: { kind: 'environment', id }, environmentId: id, after });
  }
  return secrets;
}
