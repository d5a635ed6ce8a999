import { AppError } from '@keyward/kit/app-error';
import { countActiveClients, deleteEnvironment } from '@keyward/stores/postgres/delete-environment';
import { eraseAnswers } from '@keyward/stores/postgres/idempotent-answers';
import type { Change } from '../changes/change.ts';

interface Deleting {
  environmentIds: readonly string[];
  forceDelete: boolean;
}

/**
 * Deletes environments: no validator takes their server keys, and with them any key of theirs, once this is answered. Their clients are
 * erased after it (empty-deleted-environments.ts). Answers whether there were active clients, which has to be forced.
 */
export async function deleteEnvironments(
  change: Change,
  { environmentIds, forceDelete }: Deleting,
): Promise<{ forced: boolean }> {
  const { transaction, now, organizationId } = change;
  for (const environmentId of [...environmentIds].sort()) {
    await deleteEnvironment(transaction, environmentId, now);
    await change.note({ environmentId });
    change.record({
      action: 'environment.delete',
      subject: { kind: 'environment', id: environmentId },
      environmentId,
    });
  }
  // Counted now that nobody can make another one there.
  const active = await countActiveClients(transaction, environmentIds);
  if (active > 0 && !forceDelete)
    throw new AppError(
      'CONFLICT',
      `There are active clients (${active}): delete them first, or repeat with forceDelete.`,
    );
  await eraseAnswers(transaction, { ownerId: organizationId, subjectIds: environmentIds });
  return { forced: active > 0 };
}
