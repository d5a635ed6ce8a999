import type { Removed } from '@keyward/contract/fields';
import { Client } from '@keyward/contract/routes/client';
import type { Erased } from '@keyward/contract/routes/erasure';
import { AppError } from '@keyward/kit/app-error';
import { listKeys, raiseClientVersion, updateKey } from '@keyward/stores/postgres/clients';
import { forgetSightings } from '@keyward/stores/postgres/erasures';
import type { Administration } from '../administration.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome, removed } from '../changes/outcome.ts';
import { unknownClient } from './change-client.ts';
import { viewClient } from './client-view.ts';
import { eraseClient } from './erase-client.ts';
import { requireOwnClient, requireOwnReach } from './require-own-reach.ts';
import { lockNames } from './tenants.ts';

/** Deletes a client: its keys stop at once, tombstones keep them refused, personal data goes, totals stay. */
export async function removeClient(
  administration: Administration,
  call: EnvironmentChangeCall,
  clientId: string,
): Promise<Outcome<Erased>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    await lockNames(transaction, { environmentId: environment.id, clientId });
    const sightings = await forgetSightings(transaction, { environmentId: environment.id, clientId, keyId: null });
    const client = await raiseClientVersion(transaction, environment.id, clientId, now);
    if (!client) throw unknownClient();
    await requireOwnClient(transaction, call, clientId);
    const before = await viewClient({ ...administration, db: transaction }, { environment, row: client });
    requireMatch(call.ifMatch, etagOf(Client, before));
    return done({ success: true, erasureId: await eraseClient(change, { client, sightings }) });
  });
}

/** Revokes one key of a client; revoking it again changes nothing. */
export async function revokeKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  { clientId, keyId }: { clientId: string; keyId: string },
): Promise<Outcome<Removed>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    const client = await raiseClientVersion(transaction, environment.id, clientId, now);
    if (!client) throw unknownClient();
    const view = await viewClient({ ...administration, db: transaction }, { environment, row: client });
    requireMatch(call.ifMatch, etagOf(Client, view));
    const key = (await listKeys(transaction, [clientId])).find((row) => row.id === keyId.toLowerCase());
    if (!key) throw new AppError('NOT_FOUND', 'This client has no such key.');
    requireOwnReach(call, key.reach);
    await change.note({ environmentId: environment.id, clientId });
    if (key.status === 'revoked') return removed;
    await updateKey(transaction, key.id, { status: 'revoked', updated_at: now });
    const data = { clientId, keyId: key.id };
    change.emit({ type: 'key.revoked', environmentId: environment.id, data });
    change.record({
      action: 'key.revoke',
      subject: { kind: 'key', id: key.id },
      environmentId: environment.id,
      before: { status: key.status },
      after: { status: 'revoked' },
    });
    return removed;
  });
}
