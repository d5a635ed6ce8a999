import { newId } from '@keyward/kit/random';
import { type ClientRow, deleteKey, listKeys, raiseClientVersion } from '@keyward/stores/postgres/clients';
import { dropTemplatesOfDeleted, listClientsOfDeleted } from '@keyward/stores/postgres/delete-environment';
import { forgetSightings } from '@keyward/stores/postgres/erasures';
import { findOtherHome, moveClient } from '@keyward/stores/postgres/move-client';
import type { Administration } from '../administration.ts';
import { system } from '../changes/author.ts';
import type { Change } from '../changes/change.ts';
import { makeChange } from '../changes/make-change.ts';
import { removed } from '../changes/outcome.ts';
import { clientCreated, keyCreated } from '../clients/client-events.ts';
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
    const sightings = await forgetSightings(transaction, { environmentId, clientId: id, keyId: null });
    const client = await raiseClientVersion(transaction, environmentId, id, now);
    const home = client && (await findOtherHome(transaction, id));
    if (client && home) await goOnElsewhere(change, client, home);
    else if (client) await eraseClient(change, { client, sightings });
    return removed;
  });
}

/** The client of a key that is known in other environments, too; keys of this one alone are gone with it. */
async function goOnElsewhere(change: Change, client: ClientRow, environmentId: string): Promise<void> {
  const { transaction, now } = change;
  const keys = await listKeys(transaction, [client.id]);
  for (const key of keys.filter(({ reach }) => reach === 'environment'))
    await deleteKey(transaction, { client, key, now });
  await moveClient(transaction, client.id, environmentId);
  await change.note({ environmentId, clientId: client.id });
  change.emit({ type: 'client.deleted', environmentId: client.environment_id, data: { clientId: client.id } });
  const arrived = keys
    .filter(({ reach }) => reach !== 'environment')
    .map((key) => ({ ...key, environment_id: environmentId }));
  change.emit(clientCreated({ ...client, environment_id: environmentId }), ...arrived.flatMap(keyCreated));
  const subject = { kind: 'client', id: client.id };
  change.record({ action: 'client.move', subject, environmentId, after: { envId: environmentId } });
}
