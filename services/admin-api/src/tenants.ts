import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { type ClientRow, findClient, raiseClientVersion } from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { listNamesakes, lockTenants, raiseTenantVersion } from '@keyward/stores/postgres/tenants';
import type { Administration } from './administration.ts';
import type { ConfigNote } from './projector.ts';

/** Locally signed keys find their client by its name, so whoever gets or loses a name changes who that is. */
interface NameChange {
  transaction: Database;
  client: Pick<ClientRow, 'id' | 'environment_id' | 'version'>;
  name: string;
  now: Date;
}

/** The client has got this name. Whoever alone had it is found by it no more. */
export async function nameTaken({ projector }: Administration, change: NameChange): Promise<ConfigNote[]> {
  const { transaction, client, now } = change;
  const environmentId = client.environment_id;
  const digest = tenantDigest(environmentId, change.name);
  await raiseTenantVersion(transaction, { environmentId, digest }, now);
  const notes = [await projector.note(transaction, { environmentId, tenant: digest })];
  const [other, ...more] = (await listNamesakes(transaction, { environmentId, digest })).filter(
    (id) => id !== client.id,
  );
  if (other === undefined || more.length > 0) return notes;
  await raiseClientVersion(transaction, environmentId, other, now);
  return [...notes, await projector.note(transaction, { environmentId, clientId: other })];
}

/** The client has this name no more; one that was deleted is remembered by it. */
export async function nameGiven(
  { projector }: Administration,
  { transaction, client, name, now, isDeleted }: NameChange & { isDeleted: boolean },
): Promise<ConfigNote> {
  const environmentId = client.environment_id;
  const digest = tenantDigest(environmentId, name);
  const deleted = isDeleted ? { deletedClient: client } : {};
  await raiseTenantVersion(transaction, { environmentId, digest, ...deleted }, now);
  return projector.note(transaction, { environmentId, tenant: digest });
}

/** Names are locked before the clients that have them, so that nobody waits for each other for ever. */
export async function lockNames(
  transaction: Database,
  { environmentId, clientId, newName }: { environmentId: string; clientId: string; newName?: string | undefined },
): Promise<void> {
  const client = await findClient(transaction, environmentId, clientId);
  const names = [client?.name, newName].filter((name) => name !== undefined);
  await lockTenants(
    transaction,
    environmentId,
    names.map((name) => tenantDigest(environmentId, name)),
  );
}
