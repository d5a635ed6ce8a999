import { newId } from '@keyward/kit/random';
import { raiseClientVersion } from '@keyward/stores/postgres/clients';
import { dropTemplatesOfDeleted, listClientsOfDeleted } from '@keyward/stores/postgres/delete-environment';
import { requestErasure } from '@keyward/stores/postgres/erasures';
import type { Administration } from '../administration.ts';
import { system } from '../changes/author.ts';
import { makeChange } from '../changes/make-change.ts';
import { removed } from '../changes/outcome.ts';
import { eraseClient } from '../clients/erase-client.ts';
import { lockNames } from '../clients/tenants.ts';

const perRound = 100;

/**
 * Erases clients of deleted environments, as if each had been deleted by itself, a bounded number at once; `more`: there are
 * others. Their keys have stopped with the environment.
 */
export async function emptyDeletedEnvironments(administration: Administration): Promise<'done' | 'more'> {
  const clients = await listClientsOfDeleted(administration.db, perRound);
  for (const { id, environment_id, organization_id } of clients)
    await eraseOne(administration, { id, environmentId: environment_id, organizationId: organization_id });
  if (clients.length === perRound) return 'more';
  await dropTemplatesOfDeleted(administration.db);
  return 'done';
}

interface Erasing {
  id: string;
  environmentId: string;
  organizationId: string;
}

/** Another replica may have been at it: then there is nothing left to do. */
async function eraseOne(administration: Administration, { id, environmentId, organizationId }: Erasing): Promise<void> {
  const call = { organizationId, author: system, requestId: newId() };
  await makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    await lockNames(transaction, { environmentId, clientId: id });
    await requestErasure(transaction, { environmentId, clientId: id, now });
    const client = await raiseClientVersion(transaction, environmentId, id, now);
    if (client) await eraseClient(change, client);
    return removed;
  });
}
