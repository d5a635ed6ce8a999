import type { Removed } from '@keyward/contract/fields';
import { Organization, type OrganizationChange } from '@keyward/contract/routes/organization';
import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import { eraseAnswersOf } from '@keyward/stores/postgres/idempotent-answers';
import {
  deleteOrganization,
  findOwnOrganization,
  listEnvironmentIds,
  listProjectIds,
  lockUser,
  renameOrganization,
} from '@keyward/stores/postgres/organizations';
import { deleteProject } from '@keyward/stores/postgres/projects';
import type { NamedOrganizationCall } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { makeChange } from '../changes/make-change.ts';
import { done, type Outcome, removed } from '../changes/outcome.ts';
import { deleteEnvironments } from '../projects/delete-environments.ts';
import { lockOrganization } from './lock-organization.ts';
import { readOrganization } from './read-organizations.ts';

/** Changes its name. */
export async function changeOrganization(
  administration: Administration,
  call: NamedOrganizationCall,
  { name }: OrganizationChange,
): Promise<Outcome<Organization>> {
  const { organizationId: id } = call;
  const { userId } = call.actor;
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    await lockUser(transaction, userId);
    const before = await lockedView(transaction, call);
    if (name === undefined || name === before.name) return done(before);
    const existing = await findOwnOrganization(transaction, userId, { name });
    if (existing)
      throw new AppError('ALREADY_EXISTS', 'You belong to an organization of that name.', { existingId: existing.id });
    await renameOrganization(transaction, id, { name, now });
    const after = await readOrganization({ db: transaction }, userId, id);
    change.record({ action: 'organization.change', subject: { kind: 'organization', id }, before, after });
    return done(after);
  });
}

/** Deletes it with all that it has. Its keys stop at once; its audit records outlive it. */
export async function removeOrganization(
  administration: Administration,
  call: NamedOrganizationCall,
  { forceDelete = false }: { forceDelete?: boolean | undefined },
): Promise<Outcome<Removed>> {
  const { organizationId: id } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction } = change;
    const before = await lockedView(transaction, call);
    const environmentIds = await listEnvironmentIds(transaction, id);
    await deleteEnvironments(change, { environmentIds, forceDelete });
    for (const projectId of await listProjectIds(transaction, id)) await deleteProject(transaction, projectId);
    await deleteOrganization(transaction, id);
    await eraseAnswersOf(transaction, id);
    change.record({ action: 'organization.delete', subject: { kind: 'organization', id }, before });
    return removed;
  });
}

async function lockedView(transaction: Database, call: NamedOrganizationCall): Promise<Organization> {
  await lockOrganization(transaction, call.organizationId);
  const view = await readOrganization({ db: transaction }, call.actor.userId, call.organizationId);
  requireMatch(call.ifMatch, etagOf(Organization, view));
  return view;
}
