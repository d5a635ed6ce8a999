import { AppError } from '@keyward/kit/app-error';
import { deleteClient, listKeys, raiseClientVersion, updateKey } from '@keyward/stores/postgres/clients';
import { requestErasure } from '@keyward/stores/postgres/erasures';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Propagation } from '../projection/projector.ts';
import { unknownClient } from './change-client.ts';
import { lockNames, nameChanged } from './tenants.ts';

/** Deletes a client: its keys stop at once, tombstones keep them refused, personal data goes, totals stay. */
export async function removeClient(
  administration: Administration,
  environment: EnvironmentRow,
  clientId: string,
): Promise<Propagation> {
  const { db, projector, clock } = administration;
  const now = new Date(clock.nowMs());
  const notes = await inTransaction(db, async (transaction) => {
    await lockNames(transaction, { environmentId: environment.id, clientId });
    await requestErasure(transaction, { environmentId: environment.id, clientId, now });
    const client = await raiseClientVersion(transaction, environment.id, clientId, now);
    if (!client) throw unknownClient();
    await deleteClient(transaction, client, now);
    return [
      await projector.note(transaction, { environmentId: environment.id, clientId }),
      ...(await nameChanged(administration, { transaction, client, name: client.name, now, isDeleted: true })),
    ];
  });
  return projector.publish(notes);
}

/** Revokes one key of a client; revoking it again changes nothing. */
export async function revokeKey(
  administration: Administration,
  { environment, clientId, keyId }: { environment: EnvironmentRow; clientId: string; keyId: string },
): Promise<Propagation> {
  const { db, projector, clock } = administration;
  const now = new Date(clock.nowMs());
  const note = await inTransaction(db, async (transaction) => {
    const client = await raiseClientVersion(transaction, environment.id, clientId, now);
    if (!client) throw unknownClient();
    const key = (await listKeys(transaction, [clientId])).find((row) => row.id === keyId.toLowerCase());
    if (!key) throw new AppError('NOT_FOUND', 'This client has no such key.');
    if (key.status !== 'revoked') await updateKey(transaction, key.id, { status: 'revoked', updated_at: now });
    return projector.note(transaction, { environmentId: environment.id, clientId });
  });
  return projector.publish([note]);
}
