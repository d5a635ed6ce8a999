import { isRoleAtLeast } from '@keyward/contract/access';
import type { IfExists } from '@keyward/contract/fields';
import {
  createOrganization as createRoute,
  type NewOrganization,
  type Organization,
} from '@keyward/contract/routes/organization';
import { AppError } from '@keyward/kit/app-error';
import { newId } from '@keyward/kit/random';
import { insertMember, insertOrganization, type Membership } from '@keyward/stores/postgres/accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { findOwnOrganization, lockUser } from '@keyward/stores/postgres/organizations';
import type { PersonCall } from '../access/admit.ts';
import { operatorOf } from '../access/operator.ts';
import type { Administration } from '../administration.ts';
import { existingOne } from '../changes/existing-one.ts';
import { makeChange } from '../changes/make-change.ts';
import { created, type Outcome } from '../changes/outcome.ts';
import { recordingDenials } from '../changes/record-denial.ts';
import { viewOrganization } from './read-organizations.ts';

interface CreateOptions {
  input: NewOrganization;
  ifExists?: IfExists | undefined;
}

/** Creates an organization, whose owner the caller is, or answers the caller's one of that name. */
export async function createOrganization(
  administration: Administration,
  call: PersonCall,
  { input: { name }, ifExists }: CreateOptions,
): Promise<Outcome<Organization>> {
  const { userId, memberships } = call.actor;
  const organizationId = newId();
  // Who is refused is recorded where they belong, and not in what there is not.
  const making = makeChange(administration, { ...call, route: undefined, organizationId }, async (change) => {
    const { transaction, now: created_at } = change;
    await lockUser(transaction, userId);
    const existing = await findOwnOrganization(transaction, userId, { name });
    if (existing) {
      const message = 'You belong to an organization of that name.';
      return existingOne({ view: viewOrganization(existing), ifExists, message });
    }
    await requireRight(administration, transaction, memberships);
    const row = { id: organizationId, name, created_at, updated_at: created_at };
    await insertOrganization(transaction, row);
    await insertMember(transaction, { organization_id: row.id, user_id: userId, role: 'owner', created_at });
    const view = viewOrganization({ ...row, role: 'owner' });
    change.record({ action: 'organization.create', subject: { kind: 'organization', id: row.id }, after: view });
    return created(view);
  });
  return making.catch(recordingDenials(administration, call, createRoute));
}

/** Where not anyone may, it is for the owners and admins of the organization that runs the installation. */
async function requireRight(
  { organizationCreation, operatorOrganization }: Administration,
  db: Database,
  memberships: readonly Membership[],
): Promise<void> {
  if (organizationCreation === 'anyone') return;
  const operator = await operatorOf({ db, operatorOrganization });
  const isOperator = memberships.some(
    ({ organizationId, role }) => organizationId === operator && isRoleAtLeast(role, 'admin'),
  );
  if (!isOperator)
    throw new AppError(
      'FORBIDDEN',
      'Here only owners and admins of the organization that runs this installation create organizations (ORGANIZATION_CREATION).',
    );
}
