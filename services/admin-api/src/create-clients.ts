import type { Client, NewClient } from '@keyward/contract/routes/client';
import { AppError } from '@keyward/kit/app-error';
import { newId } from '@keyward/kit/random';
import {
  type ClientRow,
  findClientByName,
  insertClient,
  insertKeys,
  listKeys,
  lockClientNames,
  raiseClientVersion,
  rememberEnvelope,
  updateClient,
} from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { type EnvironmentRow, templateExists } from '@keyward/stores/postgres/projects';
import type { Administration } from './administration.ts';
import { viewClients } from './client-view.ts';
import { InputCheck } from './input.ts';
import { issueKey, type KeyTimes } from './issue-key.ts';
import type { Propagation } from './projector.ts';
import { signingSecretOf } from './signing-secret.ts';

interface CreateOptions {
  environment: EnvironmentRow;
  inputs: readonly NewClient[];
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
  const times = await checkInputs(administration, environment, inputs);
  const secret = await signingSecretOf(administration, environment);
  const now = new Date(administration.clock.nowMs());

  const made = await db.transaction().execute(async (transaction) => {
    if (
      replayId !== undefined &&
      !(await rememberEnvelope(transaction, { environment_id: environment.id, replay_id: replayId, seen_at: now }))
    ) {
      throw new AppError('REPLAYED', 'This envelope was already received.');
    }
    if (upsert)
      await lockClientNames(
        transaction,
        environment.id,
        inputs.map((input) => input.name),
      );
    const results = [];
    for (const [i, input] of inputs.entries()) {
      const existing = upsert ? await findClientByName(transaction, environment.id, input.name) : undefined;
      const client = existing ?? (await insertNewClient(transaction, { environment, input, source, now }));
      const known = existing ? await fillClient(transaction, { environment, existing, input, now }) : new Set<string>();
      const wanted = (input.keys ?? []).map((key, j) => ({ input: key, times: times[i]?.[j] ?? noTimes }));
      const issued = wanted
        .filter((key) => !known.has(key.input.name))
        .map((key) => issueKey(administration, { environment, client, secret, ...key }));
      await insertKeys(
        transaction,
        issued.map((key) => key.row),
      );
      const note = await projector.note(transaction, { environmentId: environment.id, clientId: client.id });
      results.push({ client, issued, note, isNew: !existing });
    }
    return results;
  });

  const propagation = await projector.publish(made.map((result) => result.note));
  const raw = new Map(made.flatMap((result) => result.issued.map((key) => [key.row.id, key.raw] as const)));
  const clients = await viewClients(administration, { environment, rows: made.map((result) => result.client), raw });
  return { clients, anyNew: made.some((result) => result.isNew), propagation };
}

const noTimes: KeyTimes = { notBefore: null, expiresAt: null };

/** Refuses what the schema cannot; answers the times of every key of every client. */
async function checkInputs(
  { db, clock }: Administration,
  environment: EnvironmentRow,
  inputs: readonly NewClient[],
): Promise<KeyTimes[][]> {
  const check = new InputCheck();
  const times: KeyTimes[][] = [];
  for (const [i, input] of inputs.entries()) {
    const at = inputs.length > 1 ? `/${i}` : '';
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

interface NewClientOptions {
  environment: EnvironmentRow;
  input: NewClient;
  source: 'api' | 'sdk';
  now: Date;
}

async function insertNewClient(
  transaction: Database,
  { environment, input, source, now }: NewClientOptions,
): Promise<ClientRow> {
  const row = {
    id: newId(),
    organization_id: environment.organization_id,
    environment_id: environment.id,
    name: input.name,
    type: input.type ?? 'service',
    status: 'active',
    source,
    ip_whitelist: input.ipWhitelist ?? [],
    template_id: input.templateId ?? null,
    version: now.getTime(),
    created_at: now,
    updated_at: now,
  } as const;
  const metadata = input.metadata ?? {};
  await insertClient(transaction, { ...row, metadata: JSON.stringify(metadata) });
  return { ...row, metadata };
}

interface FillOptions {
  environment: EnvironmentRow;
  existing: ClientRow;
  input: NewClient;
  now: Date;
}

/** Fills empty fields only, never a template, an IP list or a status; answers the names of the keys that are there. */
async function fillClient(
  transaction: Database,
  { environment, existing, input, now }: FillOptions,
): Promise<Set<string>> {
  await raiseClientVersion(transaction, environment.id, existing.id, now);
  if (input.metadata && Object.keys(existing.metadata).length === 0) {
    await updateClient(transaction, existing.id, { metadata: JSON.stringify(input.metadata) });
    existing.metadata = input.metadata;
  }
  const keys = await listKeys(transaction, [existing.id]);
  return new Set(keys.map((key) => key.name));
}
