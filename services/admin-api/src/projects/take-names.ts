import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import { findReservedName, type ProjectRow, reserveNames } from '@keyward/stores/postgres/projects';

/** Slugs and `project_env`s share one name space: `a` + `b-c` and `a-b` + `c` would be the same environment. */
export async function takeNames(
  transaction: Database,
  { id: project_id, organization_id }: ProjectRow,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) return;
  const rows = names.map((name) => ({ organization_id, name, project_id }));
  const [taken] = await reserveNames(transaction, rows);
  if (taken === undefined) return;
  const existingId = await findReservedName(transaction, organization_id, taken);
  throw new AppError(
    'ALREADY_EXISTS',
    `The name ${taken} is taken in this organization.`,
    existingId === undefined ? {} : { existingId },
  );
}
