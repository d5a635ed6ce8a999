import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { insertKeys } from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { inTransaction } from '@keyward/stores/postgres/in-transaction';
import { type EnvironmentRow, lockEnvironment, raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import {
  countAttempts,
  deleteSightings,
  type KeySighting,
  lockSightings,
  maxSightingAttempts,
} from '@keyward/stores/postgres/sighting-queue';
import { lockTenants } from '@keyward/stores/postgres/tenants';
import type { ConfigNote } from '../projection/projector.ts';
import type { RegistrationOptions } from './register-sighted-keys.ts';
import { sightedClient } from './sighted-client.ts';
import { sightedKeyRow } from './sighted-key-row.ts';
import { type SortedSightings, sortSightings } from './sort-sightings.ts';

/**
 * Registers the keys of one environment in one transaction. Its version is raised once for all of them: a validator may hold
 * such a key for another client, whom the URL named.
 */
export async function registerBatch(options: RegistrationOptions, seen: readonly KeySighting[]): Promise<void> {
  const { db, projector } = options.administration;
  const { notes, sorted } = await inTransaction(db, (transaction) => register(options, transaction, seen));
  tell(options, sorted);
  await projector.publish(notes);
}

interface Registered {
  notes: ConfigNote[];
  sorted: SortedSightings;
}

const nothing: SortedSightings = { toRegister: [], over: [], faulty: [], past: [] };

/** The environment comes first: its settings stay as they are, and nobody else registers its keys meanwhile. */
async function register(
  options: RegistrationOptions,
  transaction: Database,
  seen: readonly KeySighting[],
): Promise<Registered> {
  const { administration, maxPerClient } = options;
  const now = new Date(administration.clock.nowMs());
  const environmentId = seen[0]?.environment_id ?? '';
  const environment = await lockEnvironment(transaction, environmentId);
  if (!environment) return { notes: [], sorted: nothing };
  const names = seen.map(({ facts }) => tenantDigest(environmentId, String(facts.tenant)));
  await lockTenants(transaction, environmentId, names);
  const digests = seen.map(({ digest }) => digest);
  const sightings = await lockSightings(transaction, environmentId, digests);
  const sorted = await sortSightings(transaction, { environment, sightings, maxPerClient, now });
  const notes = await registerKeys(options, { transaction, environment, sightings: sorted.toRegister, now });
  const givenUp = [...sorted.over, ...sorted.faulty];
  const done = [...sorted.past, ...sorted.toRegister];
  await countAttempts(transaction, { environmentId, digests: digestsOf(givenUp), attempts: maxSightingAttempts });
  await deleteSightings(transaction, environmentId, digestsOf(done));
  return { notes, sorted };
}

interface KeysOptions {
  transaction: Database;
  environment: EnvironmentRow;
  sightings: readonly KeySighting[];
  now: Date;
}

async function registerKeys(
  { administration }: RegistrationOptions,
  { transaction, environment, sightings, now }: KeysOptions,
): Promise<ConfigNote[]> {
  const notes: ConfigNote[] = [];
  const byClient = Map.groupBy(sightings, (sighting) => sighting.client_id);
  for (const clientId of [...byClient.keys()].sort()) {
    const ofClient = byClient.get(clientId) ?? [];
    const sighted = await sightedClient(administration, {
      transaction,
      environment,
      clientId,
      sightings: ofClient,
      now,
    });
    if (!sighted) continue;
    const rows = ofClient.map((sighting) => sightedKeyRow({ environment, clientId, sighting, now }));
    await insertKeys(transaction, rows);
    notes.push(...sighted.notes);
  }
  if (notes.length === 0) return [];
  await raiseEnvironmentVersion(transaction, environment.id, now);
  return [
    ...notes,
    await administration.projector.note(transaction, { environmentId: environment.id, clientId: null }),
  ];
}

function digestsOf(sightings: readonly KeySighting[]): Buffer[] {
  return sightings.map(({ digest }) => digest);
}

/** Once for each that is given up: it is not tried again before it was forgotten. */
function tell({ logger, maxPerClient }: RegistrationOptions, { over, faulty }: SortedSightings): void {
  for (const [clientId, keys] of Map.groupBy(over, ({ client_id }) => client_id)) {
    const environmentId = keys[0]?.environment_id;
    const message = 'a client has too many locally signed keys; these stay accepted, but are not registered';
    logger.warn({ environmentId, clientId, keys: keys.length, maxPerClient }, message);
  }
  for (const { environment_id: environmentId, client_id: clientId, key_id: keyId } of faulty) {
    const message = 'a locally signed key is not registered: what its event tells of it cannot be';
    logger.warn({ environmentId, clientId, keyId }, message);
  }
}
