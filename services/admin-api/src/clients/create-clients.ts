import type { Client, NewClient } from '@keyward/contract/routes/client';
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
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import { type EnvironmentRow, templateExists } from '@keyward/stores/postgres/projects';
import { lockTenants } from '@keyward/stores/postgres/tenants';
import type { Administration } from '../administration.ts';
import { InputCheck } from '../input.ts';
import type { ConfigNote, Propagation } from '../projection/projector.ts';
import { signingSecretOf } from '../projects/signing-secret.ts';
import { viewClients } from './client-view.ts';
import { insertNewClient, type NewClientOptions } from './insert-new-client.ts';
import { issueKey, type KeyTimes } from './issue-key.ts';
import { nameChanged } from './tenants.ts';

interface CreateOptions {
  environment: EnvironmentRow;
  inputs: readonly NewClient[];
  /** They came as an array, and faults are told by their place in it. */
  asArray: boolean;
  /** Keep a client that has the name, and fill what is empty (wire.md §2.5). */
  upsert: boolean;
  source: 'api' | 'sdk';
  /** The envelope that the call came in, accepted once. */
  replayId: string | undefined;
}

export interface Created {
  clients: Client[];
  anyNew: boolean;
  propagation: Propagation;
}

/** Creates clients with their keys, all or none; raw keys are in this answer and nowhere else. */
export async function createClients(administration: Administration, options: CreateOptions): Promise<Created> {
  const { environment, inputs, upsert, source, replayId } = options;
  const { db, projector } = administration;
  const times = await checkInputs(administration, options);
  const secret = await signingSecretOf(administration, environment);
  const now = new Date(administration.clock.nowMs());

  const { clients, notes, anyNew } = await inTransaction(db, async (transaction) => {
    await acceptOnce(transaction, { environment, replayId, now });
    const tenants = inputs.map((input) => tenantDigest(environment.id, input.name));
    await lockTenants(transaction, environment.id, tenants);
    const made: Made[] = [];
    for (const [i, input] of inputs.entries()) {
      const one = { environment, input, times: times[i] ?? [], upsert, source, secret, now };
      made.push(await createOne(administration, transaction, one));
    }
    const raw = new Map(made.flatMap((each) => each.raw));
    const rows = made.map((each) => each.client);
    return {
      // Read here, where nobody else can have changed them: the raw keys are in this answer only.
      clients: await viewClients({ ...administration, db: transaction }, { environment, rows, raw }),
      notes: made.flatMap((each) => each.notes),
      anyNew: made.some((each) => each.isNew),
    };
  });
  return { clients, anyNew, propagation: await projector.publish(notes) };
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
  raw: [keyId: string, key: string][];
  notes: ConfigNote[];
}

interface OneOptions extends NewClientOptions {
  times: readonly KeyTimes[];
  upsert: boolean;
  secret: string;
}

async function createOne(administration: Administration, transaction: Database, options: OneOptions): Promise<Made> {
  const { environment, input, times, upsert, secret } = options;
  const existing = upsert ? await fillClient(transaction, options) : undefined;
  const client = existing?.client ?? (await insertNewClient(transaction, options));
  const known = existing?.keyNames ?? new Set<string>();
  const issued = (input.keys ?? [])
    .map((key, i) => ({ input: key, times: times[i] ?? noTimes }))
    .filter((key) => !upsert || isFirst(known, key.input.name))
    .map((key) => issueKey(administration, { environment, client, secret, ...key }));
  const rows = issued.map((key) => key.row);
  await insertKeys(transaction, rows);
  const notes = [
    await administration.projector.note(transaction, { environmentId: environment.id, clientId: client.id }),
    ...(existing
      ? []
      : await nameChanged(administration, { transaction, client, name: client.name, now: options.now })),
  ];
  return { client, isNew: !existing, raw: issued.map((key) => [key.row.id, key.raw]), notes };
}

const noTimes: KeyTimes = { notBefore: null, expiresAt: null };

/** Refuses what the schema cannot; answers the times of every key of every client. */
async function checkInputs(
  { db, clock }: Administration,
  { environment, inputs, asArray }: CreateOptions,
): Promise<KeyTimes[][]> {
  const check = new InputCheck();
  const times: KeyTimes[][] = [];
  for (const [i, input] of inputs.entries()) {
    const at = asArray ? `/${i}` : '';
    check.text(`${at}/name`, input.name);
    check.ipList(`${at}/ipWhitelist`, input.ipWhitelist);
    check.metadata(`${at}/metadata`, input.metadata);
    if (input.templateId && !(await templateExists(db, environment.id, input.templateId))) {
      check.fault(`${at}/templateId`, 'is not a template of this environment');
    }
    times.push((input.keys ?? []).map((key, j) => check.newKey(`${at}/keys/${j}`, key, clock.nowMs())));
  }
  check.done();
  return times;
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
): Promise<{ client: ClientRow; keyNames: Set<string> } | undefined> {
  const found = await findClientByName(transaction, environment.id, input.name);
  const client = found && (await raiseClientVersion(transaction, environment.id, found.id, now));
  if (!client) return undefined;
  if (input.metadata && Object.keys(client.metadata).length === 0) {
    await updateClient(transaction, client.id, { metadata: JSON.stringify(input.metadata) });
    client.metadata = input.metadata;
  }
  const keys = await listKeys(transaction, [client.id]);
  return { client, keyNames: new Set(keys.map((key) => key.name)) };
}
