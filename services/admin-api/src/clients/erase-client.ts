import { type ClientRow, deleteClient, listKeys } from '@keyward/stores/postgres/clients';
import { eraseAuditDiffs } from '@keyward/stores/postgres/erase-audit-diffs';
import type { Change } from '../changes/change.ts';
import { nameChanged } from './tenants.ts';

/**
 * Deletes a client at its next version, whose names are locked and whose logs were told to forget it: its keys stop at once,
 * tombstones keep them refused, what the audit says of it is forgotten.
 */
export async function eraseClient(change: Change, client: ClientRow): Promise<void> {
  const { transaction, now, organizationId } = change;
  const { id, environment_id: environmentId } = client;
  const keys = (await listKeys(transaction, [id])).map((key) => ({ id: key.id }));
  await deleteClient(transaction, client, now);
  await change.note({ environmentId, clientId: id });
  await nameChanged(change, { client, name: client.name, isDeleted: true });
  await eraseAuditDiffs(transaction, { organizationId, subjectIds: [id, ...keys.map((key) => key.id)] });
  change.emit({ type: 'client.deleted', environmentId, data: { clientId: id } });
  change.record({ action: 'client.delete', subject: { kind: 'client', id }, environmentId, before: { keys } });
}
