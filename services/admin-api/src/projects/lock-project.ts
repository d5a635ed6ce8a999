import { ProjectSummary } from '@keyward/contract/routes/project';
import { BeginAnew } from '@keyward/stores/postgres/in-transaction';
import { findReservedName, lockProject as lock, type ProjectRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import type { ChangeCall } from '../changes/make-change.ts';
import { unknownProject } from './find-project.ts';
import { viewProject } from './read-projects.ts';

interface LockedProject {
  row: ProjectRow;
  view: ProjectSummary;
}

/** The project of this slug or `project_env`, locked until the transaction ends, as the caller has seen it. */
export async function lockProject(
  administration: Administration,
  { transaction, organizationId }: Change,
  { name, ifMatch }: { name: string } & Pick<ChangeCall, 'ifMatch'>,
): Promise<LockedProject> {
  const id = await findReservedName(transaction, organizationId, name);
  if (id === undefined) throw unknownProject();
  const row = await lock(transaction, organizationId, id);
  // Whoever had the lock before may have deleted what the name stood for.
  if (!row || (await findReservedName(transaction, organizationId, name)) !== id) throw new BeginAnew();
  const view = await viewProject({ ...administration, db: transaction }, { row, named: name });
  requireMatch(ifMatch, etagOf(ProjectSummary, view));
  return { row, view };
}
