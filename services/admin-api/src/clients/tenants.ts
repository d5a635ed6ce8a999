import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { type ClientRow, findClient, raiseClientVersion } from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { BeginAnew } from '@keyward/stores/postgres/in-transaction';
import { listNamesakes, lockTenants, raiseTenantVersion } from '@keyward/stores/postgres/tenants';
import type { Change } from '../changes/change.ts';

/** Locally signed keys find their client by its name, so whoever gets or loses a name changes who that is. */
interface NameChange {
  client: Pick<ClientRow, 'id' | 'environment_id' | 'version'>;
  /** The name that it has got, or has no more. */
  name: string;
  /** The client is no more; it is remembered by the name that it had last. */
  isDeleted?: boolean;
}

/** Notes a change of who has a name; if it was or is one client's alone, that client finds out, too. */
export async function nameChanged(change: Change, { client, name, isDeleted = false }: NameChange): Promise<void> {
  const { transaction, now } = change;
  const environmentId = client.environment_id;
  const digest = tenantDigest(environmentId, name);
  await raiseTenantVersion(
    transaction,
    { environmentId, digest, ...(isDeleted ? { deletedClient: client } : {}) },
    now,
  );
  await change.note({ environmentId, tenant: digest });
  const namesakes = await listNamesakes(transaction, { environmentId, digest });
  const [other, ...more] = namesakes.filter((id) => id !== client.id);
  if (other === undefined || more.length > 0) return;
  await raiseClientVersion(transaction, environmentId, other, now);
  await change.note({ environmentId, clientId: other });
}

/** Locks the name that a client has, and the one that it gets; throws `BeginAnew` when it got another one meanwhile. */
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
  // Locks are taken in order, so the name that it has now cannot be locked after these.
  const locked = await findClient(transaction, environmentId, clientId);
  if (locked?.name !== client?.name) throw new BeginAnew();
}
