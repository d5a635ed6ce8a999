import type { Erased } from '@keyward/contract/routes/erasure';
import { ManagedKey } from '@keyward/contract/routes/key';
import { deleteKey } from '@keyward/stores/postgres/clients';
import { forgetSightings, requestErasure } from '@keyward/stores/postgres/erasures';
import { countKeysOf, findKey } from '@keyward/stores/postgres/keys';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { eraseClient } from '../clients/erase-client.ts';
import { keyPlace } from './key-place.ts';
import { viewKey } from './key-view.ts';
import { keyId, type LockedKey, lockKey, unknownKey } from './locked-key.ts';

/** Deletes a key: it stops at once, a tombstone keeps it refused, personal data goes, totals stay; a client of its own goes along. */
export async function removeKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  id: string,
): Promise<Outcome<Erased>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction } = change;
    // Whoever registers keys locks what was seen of them before their clients.
    const found = await findKey(transaction, keyPlace(environment), keyId(id));
    if (!found) throw unknownKey();
    const { environment_id: environmentId, client_id: clientId } = found;
    const sightings = await forgetSightings(transaction, { environmentId, clientId, keyId: found.id });
    const locked = await lockKey(change, call, id);
    const before = await viewKey({ ...administration, db: transaction }, { environment, row: locked.key });
    requireMatch(call.ifMatch, etagOf(ManagedKey, before));
    const isOnlyKey = locked.client.is_hidden && (await countKeysOf(transaction, clientId)) === 1;
    const erasureId = isOnlyKey
      ? await eraseClient(change, { client: locked.client, sightings })
      : await deleteAlone(change, { ...locked, sightings });
    const subject = { kind: 'key', id: found.id };
    change.emit({ type: 'key.deleted', environmentId, data: { clientId, keyId: found.id } });
    change.record({ action: 'key.delete', subject, environmentId, before: { clientId } });
    return done({ success: true, erasureId });
  });
}

async function deleteAlone(
  change: Change,
  { client, key, sightings }: LockedKey & { sightings: number },
): Promise<string> {
  const { transaction, now, organizationId } = change;
  const { id: clientId, environment_id: environmentId } = client;
  await deleteKey(transaction, { client, key, now });
  await change.note({ environmentId, clientId });
  const subjectIds = [key.id];
  return requestErasure(transaction, {
    organizationId,
    environmentId,
    clientId,
    keyId: key.id,
    subjectIds,
    sightings,
    now,
  });
}
