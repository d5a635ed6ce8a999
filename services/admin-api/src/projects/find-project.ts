import { AppError } from '@keyward/kit/app-error';
import type { Database } from '@keyward/stores/postgres/database';
import { findProject, keepProject, type ProjectRow } from '@keyward/stores/postgres/projects';
import { isUuid } from '../input.ts';

/** The organization's project of this id or slug. */
export async function projectNamed(db: Database, organizationId: string, idOrSlug: string): Promise<ProjectRow> {
  const byId = isUuid(idOrSlug) ? await findProject(db, organizationId, { id: idOrSlug }) : undefined;
  const project = byId ?? (await findProject(db, organizationId, { slug: idOrSlug }));
  if (!project) throw unknownProject();
  return project;
}

/** As `projectNamed`; it is not deleted before the transaction ends. undefined: there is none. */
export async function keptProject(
  transaction: Database,
  organizationId: string,
  idOrSlug: string,
): Promise<ProjectRow | undefined> {
  const byId = isUuid(idOrSlug) ? await keepProject(transaction, organizationId, { id: idOrSlug }) : undefined;
  return byId ?? keepProject(transaction, organizationId, { slug: idOrSlug });
}

export function unknownProject(): AppError {
  return new AppError('NOT_FOUND', 'There is no such project.');
}
