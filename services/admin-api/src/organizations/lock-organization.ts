import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import { lockOrganization as lock, type OrganizationRow } from '@keyward/stores/postgres/organizations';

/** Whoever makes or deletes what belongs to an organization as such comes one after the other, and finds it there. */
export async function lockOrganization(transaction: Database, organizationId: string): Promise<OrganizationRow> {
  const row = await lock(transaction, organizationId);
  if (!row) throw unknownOrganization();
  return row;
}

export function unknownOrganization(): AppError {
  return new AppError('NOT_FOUND', 'There is no such organization.');
}
