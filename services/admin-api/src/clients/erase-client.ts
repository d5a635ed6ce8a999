import { type ClientRow, deleteClient, listKeys } from '@keyward/stores/postgres/clients';
import { requestErasure } from '@keyward/stores/postgres/erasures';
import type { Change } from '../changes/change.ts';
import { nameChanged } from './tenants.ts';

interface ClientErasure {
  /** At its next version, its names locked. */
  client: ClientRow;
  /** How many of its keys were to be registered, and were forgotten before the client was locked. */
  sightings: number;
}

/**
 * Deletes a client: its keys stop at once, tombstones keep them refused, logs and audit forget what is personal of it. Answers the
 * id of the receipt.
 */
export async function eraseClient(change: Change, { client, sightings }: ClientErasure): Promise<string> {
  const { transaction, now, organizationId } = change;
  const { id: clientId, environment_id: environmentId } = client;
  const keys = (await listKeys(transaction, [clientId])).map(({ id }) => ({ id }));
  await deleteClient(transaction, client, now);
  await change.note({ environmentId, clientId });
  if (!client.is_hidden) await nameChanged(change, { client, name: client.name, isDeleted: true });
  const subjectIds = [clientId, ...keys.map(({ id }) => id)];
  const request = { organizationId, environmentId, clientId, keyId: null, subjectIds, sightings, now };
  const erasureId = await requestErasure(transaction, request);
  change.emit({ type: 'client.deleted', environmentId, data: { clientId } });
  const subject = { kind: 'client', id: clientId };
  change.record({ action: 'client.delete', subject, environmentId, before: { keys } });
  return erasureId;
}
