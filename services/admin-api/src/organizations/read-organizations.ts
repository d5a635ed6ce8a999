import type { Organization } from '@keyward/contract/routes/organization';
import {
  findOwnOrganization,
  listOwnOrganizations,
  type OwnOrganization,
} from '@keyward/stores/postgres/organizations';
import type { Administration } from '../administration.ts';
import { type Paged, paged } from '../paging.ts';
import { unknownOrganization } from './lock-organization.ts';

interface ListOptions {
  userId: string;
  name?: string | undefined;
  page: number;
  limit: number;
}

/** Those that somebody belongs to. */
export async function readOrganizations(
  { db }: Administration,
  { userId, name, page, limit }: ListOptions,
): Promise<Paged<Organization>> {
  const { total, rows } = await listOwnOrganizations(db, { userId, name, limit, offset: (page - 1) * limit });
  return paged({ data: rows.map(viewOrganization), total, page, limit });
}

export async function readOrganization(
  { db }: Pick<Administration, 'db'>,
  userId: string,
  id: string,
): Promise<Organization> {
  const row = await findOwnOrganization(db, userId, { id });
  if (!row) throw unknownOrganization();
  return viewOrganization(row);
}

export function viewOrganization(row: OwnOrganization): Organization {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
