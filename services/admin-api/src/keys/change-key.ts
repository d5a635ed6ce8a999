import { ManagedKey, type ManagedKeyChange } from '@keyward/contract/routes/key';
import { updateKey } from '@keyward/stores/postgres/clients';
import { listKeyRows } from '@keyward/stores/postgres/keys';
import { findKnownProductIds } from '@keyward/stores/postgres/products';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { keyEvents } from '../clients/client-events.ts';
import { keyFields } from '../clients/key-fields.ts';
import { InputCheck } from '../input.ts';
import { viewKey } from './key-view.ts';
import { type LockedKey, lockKey } from './locked-key.ts';

/** Changes what the body names and leaves the rest; what the key has used stays used. */
export async function changeKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, change: asked }: { id: string; change: ManagedKeyChange },
): Promise<Outcome<ManagedKey>> {
  return changeLocked(administration, call, { id, action: 'key.change' }, async (change, { key }) => {
    const { productId, ...fields } = asked;
    const check = new InputCheck();
    const columns = keyFields(check, { path: '', key: fields, row: key });
    await checkProduct(change, call.environment, { check, productId, reach: key.reach });
    check.done();
    return { ...columns, ...(productId === undefined ? {} : { product_id: productId?.toLowerCase() ?? null }) };
  });
}

/** Revokes a key for good; it stays listed, and what it has used stays counted. */
export async function revokeKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  id: string,
): Promise<Outcome<ManagedKey>> {
  return changeLocked(administration, call, { id, action: 'key.revoke' }, async (_, { key }) =>
    key.status === 'revoked' ? {} : { status: 'revoked' },
  );
}

/** From the answer on every validator decides by what `work` answers. Without a column nothing changes. */
async function changeLocked(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, action }: { id: string; action: string },
  work: (change: Change, locked: LockedKey) => Promise<Parameters<typeof updateKey>[2]>,
): Promise<Outcome<ManagedKey>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    const locked = await lockKey(change, call, id);
    const { key, client } = locked;
    const db = { ...administration, db: transaction };
    const before = await viewKey(db, { environment, row: key });
    requireMatch(call.ifMatch, etagOf(ManagedKey, before));
    const columns = await work(change, locked);
    // What was answered before may still be on its way, so it is told again.
    await change.note({ environmentId: client.environment_id, clientId: client.id });
    if (Object.keys(columns).length === 0) return done(before);
    await updateKey(transaction, key.id, { ...columns, updated_at: now });
    const [row = key] = await listKeyRows(transaction, [key.id]);
    const after = await viewKey(db, { environment, row });
    change.emit(...keyEvents({ envId: client.environment_id, id: client.id }, before, after));
    change.record({ action, subject: { kind: 'key', id: key.id }, environmentId: environment.id, before, after });
    return done(after);
  });
}

interface ProductOptions {
  check: InputCheck;
  productId: string | null | undefined;
  reach: ManagedKey['reach'];
}

async function checkProduct(
  { transaction }: Change,
  environment: EnvironmentRow,
  { check, productId, reach }: ProductOptions,
): Promise<void> {
  if (!productId) return;
  const known = await findKnownProductIds(transaction, {
    organizationId: environment.organization_id,
    projectId: reach === 'organization' ? null : environment.project_id,
    ids: [productId.toLowerCase()],
  });
  if (known.size === 0) check.fault('/productId', 'is no product that this key could be for');
}
