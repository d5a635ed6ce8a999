import { AppError } from '@keyward/kit/app-error';
import { listOrganizationIds } from '@keyward/stores/postgres/accounts';
import type { Administration } from '../administration.ts';

type Installation = Pick<Administration, 'db' | 'operatorOrganization'>;

/**
 * What concerns the whole installation is for the organization that runs it. That is the only one, or the one that the configuration
 * names: with several, anything else would show one tenant what is another's.
 */
export async function requireOperator(installation: Installation, organizationId: string): Promise<void> {
  if ((await operatorOf(installation)) !== organizationId)
    throw new AppError('FORBIDDEN', 'This is for the organization that runs this installation.');
}

/** The id of the organization that runs this installation. */
export async function operatorOf({ db, operatorOrganization }: Installation): Promise<string | undefined> {
  const [first, ...others] =
    operatorOrganization === undefined ? await listOrganizationIds(db, 2) : [operatorOrganization];
  if (others.length > 0)
    throw new AppError(
      'FORBIDDEN',
      'There are several organizations: OPERATOR_ORGANIZATION must name the one that runs this.',
    );
  return first?.toLowerCase();
}
