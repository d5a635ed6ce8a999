import type { ManagedKey, NewManagedKey } from '@keyward/contract/routes/key';
import { AppError } from '@keyward/kit/app-error';
import {
  type ClientRow,
  insertKeys,
  type KeyRow,
  type NewKeyRow,
  raiseClientVersions,
} from '@keyward/stores/postgres/clients';
import {
  findActiveKeyByName,
  isReachUsed,
  listEnvironmentIdsWithin,
  listKeyRows,
  lockKeyName,
} from '@keyward/stores/postgres/keys';
import { type EnvironmentRow, raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { created, done, type Outcome } from '../changes/outcome.ts';
import { clientCreated, keyEvents } from '../clients/client-events.ts';
import { insertHiddenClients } from '../clients/insert-new-client.ts';
import { issueKey } from '../clients/issue-key.ts';
import { requireOwnReach } from '../clients/require-own-reach.ts';
import { InputCheck } from '../input.ts';
import { readSettings } from '../projects/settings.ts';
import { type OpenedSecret, signingSecretOf } from '../projects/signing-secret.ts';
import { type CheckedKey, checkedKeys, checkProducts, namedClientIds } from './checked-keys.ts';
import { keyPlace } from './key-place.ts';
import { viewKey, viewKeys } from './key-view.ts';

interface CreateOne {
  input: NewManagedKey;
  /** What is done when there is an active key of that name; undefined: names may repeat. */
  ifExists: 'return' | 'refuse' | undefined;
}

/** Makes one key; the raw key is in this answer and nowhere else. 200: there was one of that name. */
export async function createKey(
  administration: Administration,
  call: EnvironmentChangeCall,
  { input, ifExists }: CreateOne,
): Promise<Outcome<ManagedKey>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    requireOwnReach(call, input.reach);
    const secret = await signingSecretOf({ ...administration, db: change.transaction }, environment);
    const check = new InputCheck();
    const keys = checkedKeys(check, { inputs: [input], pathOf: () => '', nowMs: administration.clock.nowMs() });
    const existing = ifExists && (await findNamesake(change, environment, keys));
    if (existing && ifExists === 'refuse')
      throw new AppError('ALREADY_EXISTS', 'There is an active key of that name.', { existingId: existing.id });
    if (existing) {
      check.done();
      return done(await viewKey({ ...administration, db: change.transaction }, { environment, row: existing }));
    }
    const [key] = await make(administration, change, { environment, check, keys, secret });
    if (!key) throw new Error('one key was asked for');
    return created(key);
  });
}

/** Makes many keys, all or none. */
export async function createKeys(
  administration: Administration,
  call: EnvironmentChangeCall,
  inputs: readonly NewManagedKey[],
): Promise<Outcome<{ data: ManagedKey[] }>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    for (const { reach } of inputs) requireOwnReach(call, reach);
    const secret = await signingSecretOf({ ...administration, db: change.transaction }, environment);
    const check = new InputCheck();
    const pathOf = (i: number) => `/items/${i}`;
    const keys = checkedKeys(check, { inputs, pathOf, nowMs: administration.clock.nowMs() });
    return created({ data: await make(administration, change, { environment, check, keys, secret }) });
  });
}

interface Making {
  environment: EnvironmentRow;
  keys: readonly CheckedKey[];
  /** What is wrong with them so far. */
  check: InputCheck;
  secret: OpenedSecret;
}

async function findNamesake(
  { transaction, now }: Change,
  environment: EnvironmentRow,
  [asked]: readonly CheckedKey[],
): Promise<KeyRow | undefined> {
  if (!asked) return undefined;
  const { input, clientId, reach } = asked;
  const place = keyPlace(environment);
  await lockKeyName(transaction, clientId ?? reachIdOf(environment, reach) ?? environment.id, input.name);
  return findActiveKeyByName(transaction, { place, reach, name: input.name, clientId, now });
}

async function make(administration: Administration, change: Change, making: Making): Promise<ManagedKey[]> {
  const { transaction } = change;
  const { environment, keys } = making;
  await tellReaches(change, making);
  const clients = await clientsOf(change, making);
  const issued = keys.map((key, i) => newKey(administration, making, { key, client: clients[i] }));
  await insertKeys(
    transaction,
    issued.map(({ row }) => row),
  );
  await change.note(...distinct(clients).map(({ id: clientId }) => ({ environmentId: environment.id, clientId })));
  const rows = await listKeyRows(
    transaction,
    issued.map(({ row }) => row.id),
  );
  const raw = new Map(issued.map((key) => [key.row.id, key.raw] as const));
  // Read here, where nobody else can have changed them: the raw keys are in this answer only.
  const views = await viewKeys({ ...administration, db: transaction }, { environment, rows, raw });
  for (const view of views) {
    const subject = { kind: 'key', id: view.id };
    change.emit(...keyEvents({ envId: environment.id, id: view.clientId }, undefined, view));
    change.record({ action: 'key.create', subject, environmentId: environment.id, after: view });
  }
  return views;
}

/**
 * The record of an environment says what it lies in, but one that was written before keys could be known so far does not: the first
 * such key has the environments written anew.
 */
async function tellReaches(change: Change, { environment, keys }: Making): Promise<void> {
  const { transaction, now } = change;
  const reachIds = new Set(keys.flatMap(({ reach }) => reachIdOf(environment, reach) ?? []));
  for (const reachId of [...reachIds].sort()) {
    if (await isReachUsed(transaction, reachId)) continue;
    const of = { organizationId: environment.organization_id, reachId };
    const environmentIds = await listEnvironmentIdsWithin(transaction, of);
    for (const id of environmentIds) await raiseEnvironmentVersion(transaction, id, now);
    await change.note(...environmentIds.map((environmentId) => ({ environmentId })));
  }
}

/** For each key its client: the one that it names, or a new one of its own. */
async function clientsOf(change: Change, { environment, keys, check }: Making): Promise<ClientRow[]> {
  const { transaction, now } = change;
  const named = await raiseClientVersions(transaction, environment.id, namedClientIds(keys), now);
  const byId = new Map(named.map((client) => [client.id, client]));
  for (const { path, clientId } of keys)
    if (clientId !== undefined && !byId.has(clientId))
      check.fault(`${path}/clientId`, 'is not a client of this environment');
  await checkProducts(transaction, { check, environment, keys });
  check.done();
  const names = keys.filter(({ clientId }) => clientId === undefined).map(({ input }) => input.name);
  const hidden = await insertHiddenClients(transaction, { environment, names, now });
  change.emit(...hidden.map(clientCreated));
  const own = hidden.values();
  return keys.flatMap(({ clientId }) => (clientId === undefined ? own.next().value : byId.get(clientId)) ?? []);
}

interface NewKeyOptions {
  key: CheckedKey;
  client: ClientRow | undefined;
}

/** A key that is known beyond its environment states none: it is opaque. */
function newKey(administration: Administration, { environment, secret }: Making, { key, client }: NewKeyOptions) {
  if (!client) throw new Error('every key has its client');
  const { input, times, reach, productId } = key;
  const reachId = reachIdOf(environment, reach);
  const prefix = reachId === null ? undefined : readSettings(environment).settings.keyPrefix;
  const { row, raw } = issueKey(administration, { environment, client, input, times, secret, prefix });
  return { row: { ...row, product_id: productId, reach, reach_id: reachId } satisfies NewKeyRow, raw };
}

function reachIdOf(environment: EnvironmentRow, reach: CheckedKey['reach']): string | null {
  switch (reach) {
    case 'environment':
      return null;
    case 'project':
      return environment.project_id;
    case 'organization':
      return environment.organization_id;
  }
}

function distinct(clients: readonly ClientRow[]): ClientRow[] {
  return [...new Map(clients.map((client) => [client.id, client])).values()];
}
