import type { ProductChange } from '@keyward/contract/routes/product';
import type { Database } from '@keyward/stores/postgres/database';
import { InputCheck } from '../input.ts';
import { keptProject } from '../projects/find-project.ts';

/** Refuses what the schema cannot; answers the ids of the projects that the input names, if it does. */
export async function checkFields(
  transaction: Database,
  organizationId: string,
  { metadata, projects }: ProductChange,
): Promise<string[] | undefined> {
  const check = new InputCheck();
  check.metadata('/metadata', metadata);
  const ids = new Set<string>();
  for (const [i, idOrSlug] of (projects ?? []).entries()) {
    const project = await keptProject(transaction, organizationId, idOrSlug);
    if (project) ids.add(project.id);
    else check.fault(`/projects/${i}`, 'is not a project of this organization');
  }
  check.done();
  return projects && [...ids];
}
