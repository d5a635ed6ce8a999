import { AppError } from '@keyward/kit/app-error';
import { listOrganizationIds } from '@keyward/stores/postgres/accounts';
import type { Administration } from '../administration.ts';

/**
 * What concerns the whole installation is for the organization that runs it. That is the only one, or the one that the configuration
 * names: with several, anything else would show one tenant what is another's.
 */
export async function requireOperator(
  { db, operatorOrganization }: Administration,
  organizationId: string,
): Promise<void> {
  const [first, ...others] =
    operatorOrganization === undefined ? await listOrganizationIds(db, 2) : [operatorOrganization];
  if (others.length > 0)
    throw new AppError(
      'FORBIDDEN',
      'There are several organizations: OPERATOR_ORGANIZATION must name the one that runs this.',
    );
  if (first?.toLowerCase() !== organizationId)
    throw new AppError('FORBIDDEN', 'This is for the organization that runs this installation.');
}
