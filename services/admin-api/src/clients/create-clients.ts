import type { Client, NewClient, NewClientKey } from '@keyward/contract/routes/client';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { AppError } from '@keyward/kit/app-error';
import {
  type ClientRow,
  findClientByName,
  insertKeys,
  listKeys,
  raiseClientVersion,
  rememberEnvelope,
  updateClient,
} from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { type EnvironmentRow, lockEnvironment } from '@keyward/stores/postgres/projects';
import { templateExists } from '@keyward/stores/postgres/templates';
import { lockTenants } from '@keyward/stores/postgres/tenants';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { created, done, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { requirePlace } from '../projects/require-place.ts';
import { type OpenedSecret, signingSecretOf } from '../projects/signing-secret.ts';
import { clientEvents } from './client-events.ts';
import { viewClients } from './client-view.ts';
import { insertNewClient, type NewClientOptions } from './insert-new-client.ts';
import { issueKey, type KeyTimes } from './issue-key.ts';
import { nameChanged } from './tenants.ts';
import { insertToldKeys, isTold } from './told-keys.ts';

interface CreateOptions {
  inputs: readonly NewClient[];
  /** They came as an array, and faults are told by their place in it; so are they answered. */
  asArray: boolean;
  /** Keep a client that has the name, and fill what is empty (wire.md §2.5). */
  upsert: boolean;
  source: 'api' | 'sdk';
  /** The envelope that the call came in, accepted once. */
  replayId: string | undefined;
}

/** Creates clients with their keys, all or none; raw keys are in this answer and nowhere else. 200: all were there. */
export async function createClients(
  administration: Administration,
  call: EnvironmentChangeCall,
  options: CreateOptions,
): Promise<Outcome<Client | Client[]>> {
  const { environment } = call;
  const { inputs, asArray, upsert, source, replayId } = options;
  const times = await checkInputs(administration, environment, options);
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    await acceptOnce(transaction, { environment, replayId, now });
    // As whoever registers keys that were seen: the environment before the names.
    if (inputs.some(({ keys = [] }) => keys.some((key) => isTold({ input: key }))))
      await lockEnvironment(transaction, environment.id);
    const tenants = inputs.map((input) => tenantDigest(environment.id, input.name));
    await lockTenants(transaction, environment.id, tenants);
    const secret = await signingSecretOf({ ...administration, db: transaction }, environment);
    const made: Made[] = [];
    for (const [i, input] of inputs.entries()) {
      const one = { environment, input, times: times[i] ?? [], upsert, source, secret, now };
      made.push(await createOne(administration, change, one));
    }
    const raw = new Map(made.flatMap((each) => each.raw));
    const rows = made.map((each) => each.client);
    // Read here, where nobody else can have changed them: the raw keys are in this answer only.
    const clients = await viewClients({ ...administration, db: transaction }, { environment, rows, raw });
    recordAll(change, made, clients);
    const [first] = clients;
    const body = asArray || !first ? clients : first;
    return made.some((each) => each.isNew) ? created(body) : done(body);
  });
}

/** A client that was there and got nothing new was not changed. */
function recordAll(change: Change, made: readonly Made[], clients: readonly Client[]): void {
  for (const [i, client] of clients.entries()) {
    const one = made[i] ?? nothingMade;
    if (!one.isNew && !one.isFilled && one.added.length === 0) continue;
    const { before, after } = sidesOf(one, client);
    const subject = { kind: 'client', id: client.id };
    const action = one.isNew ? 'client.create' : 'client.fill';
    change.record({ action, subject, environmentId: client.envId, ...(before ? { before } : {}), after });
    change.emit(...clientEvents(before, after));
  }
}

/** One that was made and is named again in the same call is told of twice: each time of the keys that it got there. */
function sidesOf(
  { isNew, isFilled, added: ids }: Omit<Made, 'client'>,
  client: Client,
): { before?: Client; after: Client } {
  const added = new Set(ids);
  const [own = [], others = []] = [true, false].map((isOwn) => client.keys.filter(({ id }) => added.has(id) === isOwn));
  if (isNew) return { after: { ...client, keys: own } };
  return { before: { ...client, keys: others, ...(isFilled ? { metadata: {} } : {}) }, after: client };
}

interface AcceptOptions {
  environment: EnvironmentRow;
  replayId: string | undefined;
  now: Date;
}

async function acceptOnce(transaction: Database, { environment, replayId, now }: AcceptOptions): Promise<void> {
  if (replayId === undefined) return;
  const row = { environment_id: environment.id, replay_id: replayId, seen_at: now };
  if (!(await rememberEnvelope(transaction, row))) {
    throw new AppError('REPLAYED', 'This envelope was already received.');
  }
}

interface Made {
  client: ClientRow;
  isNew: boolean;
  /** It was there, and something empty in it was filled. */
  isFilled: boolean;
  raw: [keyId: string, key: string][];
  /** The ids of the keys that it got. */
  added: string[];
}

const nothingMade = { isNew: false, isFilled: false, raw: [], added: [] };

interface OneOptions extends NewClientOptions {
  times: readonly KeyTimes[];
  upsert: boolean;
  secret: OpenedSecret;
}

async function createOne(administration: Administration, change: Change, options: OneOptions): Promise<Made> {
  const { transaction } = change;
  const { environment, input, times, upsert, secret, now } = options;
  const existing = upsert ? await fillClient(transaction, options) : undefined;
  if (!existing && input.templateId)
    await requirePlace(transaction, { environmentId: environment.id, id: input.templateId });
  const client = existing?.client ?? (await insertNewClient(transaction, options));
  const known = existing?.keyNames ?? new Set<string>();
  const keys = (input.keys ?? []).map((key, i) => ({ input: key, times: times[i] ?? noTimes }));
  const issued = keys
    .filter((key) => !isTold(key) && (!upsert || isFirst(known, key.input.name)))
    .map((key) => issueKey(administration, { environment, client, secret, ...key }));
  const rows = issued.map((key) => key.row);
  await insertKeys(transaction, rows);
  const told = await insertToldKeys(administration, change, { environment, client, keys: keys.filter(isTold), now });
  await change.note({ environmentId: environment.id, clientId: client.id });
  if (!existing) await nameChanged(change, { client, name: client.name });
  const raw = issued.map((key): [string, string] => [key.row.id, key.raw]);
  const added = [...raw.map(([keyId]) => keyId), ...told];
  return { client, isNew: !existing, isFilled: existing?.isFilled ?? false, raw, added };
}

const noTimes: KeyTimes = { notBefore: null, expiresAt: null };

/** Refuses what the schema cannot; answers the times of every key of every client. */
async function checkInputs(
  { db, clock }: Administration,
  environment: EnvironmentRow,
  { inputs, asArray }: CreateOptions,
): Promise<KeyTimes[][]> {
  const check = new InputCheck();
  const times: KeyTimes[][] = [];
  for (const [i, input] of inputs.entries()) {
    const at = asArray ? `/${i}` : '';
    check.ipList(`${at}/ipWhitelist`, input.ipWhitelist);
    check.metadata(`${at}/metadata`, input.metadata);
    if (input.templateId && !(await templateExists(db, environment.id, input.templateId))) {
      check.fault(`${at}/templateId`, 'is not a template of this environment');
    }
    times.push((input.keys ?? []).map((key, j) => timesOf(check, { path: `${at}/keys/${j}`, key, clock })));
  }
  check.done();
  return times;
}

/** What an SDK tells of may have ended meanwhile: it is known then. */
function timesOf(
  check: InputCheck,
  { path, key, clock }: Pick<Administration, 'clock'> & { path: string; key: NewClientKey },
): KeyTimes {
  if (key.claimedId !== undefined && key.sha256 === undefined)
    check.fault(`${path}/claimedId`, 'says something only beside sha256');
  return check.newKey(path, key, key.sha256 === undefined ? clock.nowMs() : Number.NEGATIVE_INFINITY);
}

/** Is this name new? It is not from now on. */
function isFirst(known: Set<string>, name: string): boolean {
  if (known.has(name)) return false;
  known.add(name);
  return true;
}

/**
 * The client of that name, if there is one, with its empty fields filled: never a template, an IP list or a status. It is
 * locked from here on, so that it cannot be deleted half-way.
 */
async function fillClient(
  transaction: Database,
  { environment, input, now }: NewClientOptions,
): Promise<{ client: ClientRow; keyNames: Set<string>; isFilled: boolean } | undefined> {
  const found = await findClientByName(transaction, environment.id, input.name);
  const client = found && (await raiseClientVersion(transaction, environment.id, found.id, now));
  if (!client) return undefined;
  const isFilled = Object.keys(client.metadata).length === 0 && Object.keys(input.metadata ?? {}).length > 0;
  if (isFilled && input.metadata) {
    await updateClient(transaction, client.id, { metadata: JSON.stringify(input.metadata) });
    client.metadata = input.metadata;
  }
  const keys = await listKeys(transaction, [client.id]);
  return { client, keyNames: new Set(keys.map((key) => key.name)), isFilled };
}
