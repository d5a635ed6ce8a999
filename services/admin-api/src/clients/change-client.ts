import { Client, type ClientChange, type KeyChange } from '@keyward/contract/routes/client';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { AppError } from '@keyward/kit/app-error';
import {
  type ClientRow,
  insertKeys,
  listKeys,
  raiseClientVersion,
  updateClient,
  updateKey,
} from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { templateExists } from '@keyward/stores/postgres/templates';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { requirePlace } from '../projects/require-place.ts';
import { signingSecretOf } from '../projects/signing-secret.ts';
import { clientEvents } from './client-events.ts';
import { type ViewOptions, viewClient } from './client-view.ts';
import { issueKey } from './issue-key.ts';
import { keyFields } from './key-fields.ts';
import { requireOwnClient } from './require-own-reach.ts';
import { lockNames, nameChanged } from './tenants.ts';

/** Changes what the body names and leaves the rest; once it is answered every validator decides by the new state. */
export async function changeClient(
  administration: Administration,
  call: EnvironmentChangeCall,
  { clientId, change: asked }: { clientId: string; change: ClientChange },
): Promise<Outcome<Client>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    if (asked.name !== undefined) {
      await lockNames(transaction, { environmentId: environment.id, clientId, newName: asked.name });
    }
    const secret = await signingSecretOf({ ...administration, db: transaction }, environment);
    const row = await raiseClientVersion(transaction, environment.id, clientId, now);
    if (!row) throw unknownClient();
    await requireOwnClient(transaction, call, clientId);
    // Read here, where nobody else can have changed it: the raw keys are in this answer only.
    const view = (shown: Pick<ViewOptions, 'raw'> & { row: ClientRow }) =>
      viewClient({ ...administration, db: transaction }, { environment, ...shown });
    const before = await view({ row });
    requireMatch(call.ifMatch, etagOf(Client, before));
    const keys = await planKeys(administration, { transaction, client: row, changes: asked.keys ?? [], change: asked });
    const { templateId } = asked;
    if (templateId && templateId.toLowerCase() !== row.template_id)
      await requirePlace(transaction, { environmentId: environment.id, id: templateId });
    await updateClient(transaction, clientId, clientFields(row, asked));
    for (const { id, fields } of keys.changed) await updateKey(transaction, id, { ...fields, updated_at: now });
    const issued = keys.added.map((key) => issueKey(administration, { environment, client: row, secret, ...key }));
    await insertKeys(
      transaction,
      issued.map((key) => key.row),
    );
    await change.note({ environmentId: environment.id, clientId });
    await renamed(change, row, asked.name);
    const raw = new Map(issued.map((key) => [key.row.id, key.raw] as const));
    const after = await view({ row: { ...row, ...shownFields(asked) }, raw });
    change.emit(...clientEvents(before, after));
    const subject = { kind: 'client', id: clientId };
    change.record({ action: 'client.change', subject, environmentId: environment.id, before, after });
    return done(after);
  });
}

export function unknownClient(): AppError {
  return new AppError('NOT_FOUND', 'There is no such client.');
}

async function renamed(change: Change, client: ClientRow, name: string | undefined): Promise<void> {
  if (name === undefined || name === client.name || client.is_hidden) return;
  await nameChanged(change, { client, name: client.name });
  await nameChanged(change, { client, name });
}

/** A hidden client is not found by its name, whatever that is. */
function clientFields(client: ClientRow, change: ClientChange) {
  const { metadata, ...fields } = shownFields(change);
  const isFoundBy = client.is_hidden ? undefined : change.name;
  return {
    ...fields,
    ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
    ...(isFoundBy === undefined ? {} : { tenant: tenantDigest(client.environment_id, isFoundBy) }),
  };
}

/** The columns that the change sets, as a row shows them. */
function shownFields(
  change: ClientChange,
): Partial<Pick<ClientRow, 'name' | 'status' | 'ip_whitelist' | 'template_id' | 'metadata'>> {
  return {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.status === undefined ? {} : { status: change.status }),
    ...(change.ipWhitelist === undefined ? {} : { ip_whitelist: change.ipWhitelist }),
    ...(change.templateId === undefined ? {} : { template_id: change.templateId?.toLowerCase() ?? null }),
    ...(change.metadata === undefined ? {} : { metadata: change.metadata }),
  };
}

interface PlanOptions {
  transaction: Database;
  client: ClientRow;
  changes: readonly KeyChange[];
  change: ClientChange;
}

/** Checks the whole change, and sorts the keys into those to change and those to add. */
async function planKeys({ clock }: Administration, { transaction, client, changes, change }: PlanOptions) {
  const check = new InputCheck();
  check.ipList('/ipWhitelist', change.ipWhitelist);
  check.metadata('/metadata', change.metadata);
  if (change.templateId && !(await templateExists(transaction, client.environment_id, change.templateId))) {
    check.fault('/templateId', 'is not a template of this environment');
  }
  const existing = new Map((await listKeys(transaction, [client.id])).map((key) => [key.id, key]));
  if (change.templateId && [...existing.values()].some(({ reach }) => reach !== 'environment'))
    check.fault('/templateId', 'is of this environment, and a key of this client is known in others, too');
  const changed = [];
  const added = [];
  for (const [i, key] of changes.entries()) {
    const path = `/keys/${i}`;
    if (key.id === undefined) {
      const { name = '', enabled, status, id: _, ...fields } = key;
      if (key.name === undefined) check.fault(`${path}/name`, 'is required for a new key');
      if (enabled !== undefined || status !== undefined)
        check.fault(path, 'a new key is active: enabled and status cannot be set');
      const input = { name, ...fields };
      added.push({ input, times: check.newKey(path, input, clock.nowMs()) });
    } else {
      const row = existing.get(key.id.toLowerCase());
      if (row) changed.push({ id: row.id, fields: keyFields(check, { path, key, row }) });
      else check.fault(`${path}/id`, 'is not a key of this client');
    }
  }
  check.done();
  return { changed, added };
}
