import type { Role } from '@keyward/contract/access';
import type { Route } from '@keyward/contract/routes/route';
import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import { countOwners } from '@keyward/stores/postgres/members';
import type { OrganizationCall } from '../access/admit.ts';
import { namedMembership } from '../access/named-membership.ts';
import type { Administration } from '../administration.ts';
import { recordDenial } from '../changes/record-denial.ts';

interface Making {
  /** The roles before and after; one of them is missing when somebody comes or goes. */
  roles: readonly (Role | undefined)[];
  route: Route;
}

/** Only owners make or unmake owners. Whoever else tries leaves a record. */
export async function requireOwnerFor(
  administration: Administration,
  call: OrganizationCall,
  { roles, route }: Making,
): Promise<void> {
  if (!roles.includes('owner') || isOwner(call)) return;
  await recordDenial(administration, call, route);
  throw new AppError('FORBIDDEN', 'Only an owner makes or unmakes owners.');
}

/** An organization without an owner would be nobody's. Called with the members locked. */
export async function requireAnotherOwner(transaction: Database, organizationId: string): Promise<void> {
  if ((await countOwners(transaction, organizationId)) < 2)
    throw new AppError('CONFLICT', 'An organization keeps at least one owner: make somebody else an owner first.');
}

function isOwner({ actor }: OrganizationCall): boolean {
  return actor.kind === 'account' && namedMembership(actor).role === 'owner';
}
