import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { newId } from '@keyward/kit/random';
import { insertKeys } from '@keyward/stores/postgres/clients';
import {
  type EnvironmentRow,
  findOrganizationOf,
  lockEnvironment,
  raiseEnvironmentVersion,
} from '@keyward/stores/postgres/projects';
import {
  countAttempts,
  deleteSightings,
  type KeySighting,
  lockSightings,
  maxSightingAttempts,
} from '@keyward/stores/postgres/sighting-queue';
import { lockTenants } from '@keyward/stores/postgres/tenants';
import { system } from '../changes/author.ts';
import type { Change } from '../changes/change.ts';
import { makeChange } from '../changes/make-change.ts';
import { done } from '../changes/outcome.ts';
import { keyCreated } from '../clients/client-events.ts';
import type { RegistrationOptions } from './register-sighted-keys.ts';
import { noteSightedClient } from './sighted-client.ts';
import { sightedKeyRow } from './sighted-key-row.ts';
import { type SortedSightings, sortSightings } from './sort-sightings.ts';

/**
 * Registers the keys of one environment in one transaction. Its version is raised once for all of them: a validator may hold
 * such a key for another client, whom the URL named.
 */
export async function registerBatch(options: RegistrationOptions, seen: readonly KeySighting[]): Promise<void> {
  const { administration } = options;
  const environmentId = seen[0]?.environment_id ?? '';
  const organizationId = await findOrganizationOf(administration.db, environmentId);
  if (organizationId === undefined) return;
  const call = { organizationId, author: system, requestId: newId() };
  const { body } = await makeChange(administration, call, async (change) =>
    done(await register(options, change, { environmentId, seen })),
  );
  tell(options, body);
}

/** `homeless`: the template for new clients is full. */
type Registered = SortedSightings & { homeless: readonly KeySighting[] };

const nothing: Registered = { toRegister: [], over: [], faulty: [], past: [], homeless: [] };

/** The environment comes first: its settings stay as they are, and nobody else registers its keys meanwhile. */
async function register(
  { maxPerClient }: RegistrationOptions,
  change: Change,
  { environmentId, seen }: { environmentId: string; seen: readonly KeySighting[] },
): Promise<Registered> {
  const { transaction, now } = change;
  const environment = await lockEnvironment(transaction, environmentId);
  if (!environment) return nothing;
  const names = seen.map(({ facts }) => tenantDigest(environmentId, String(facts.tenant)));
  await lockTenants(transaction, environmentId, names);
  const digests = seen.map(({ digest }) => digest);
  const sightings = await lockSightings(transaction, environmentId, digests);
  const sorted = await sortSightings(transaction, { environment, sightings, maxPerClient, now });
  const { homeless } = await registerKeys(change, environment, sorted.toRegister);
  const givenUp = [...sorted.over, ...sorted.faulty, ...homeless];
  const finished = [...sorted.past, ...sorted.toRegister.filter((sighting) => !homeless.includes(sighting))];
  await countAttempts(transaction, { environmentId, digests: digestsOf(givenUp), attempts: maxSightingAttempts });
  await deleteSightings(transaction, environmentId, digestsOf(finished));
  return { ...sorted, homeless };
}

async function registerKeys(
  change: Change,
  environment: EnvironmentRow,
  sightings: readonly KeySighting[],
): Promise<{ homeless: KeySighting[] }> {
  const { transaction, now } = change;
  const environmentId = environment.id;
  const homeless: KeySighting[] = [];
  const byClient = Map.groupBy(sightings, (sighting) => sighting.client_id);
  for (const clientId of [...byClient.keys()].sort()) {
    const ofClient = byClient.get(clientId) ?? [];
    const client = await noteSightedClient(change, { environment, clientId, sightings: ofClient });
    if (client === 'full') homeless.push(...ofClient);
    if (client !== 'noted') continue;
    const rows = ofClient.map((sighting) => sightedKeyRow({ environment, clientId, sighting, now }));
    await insertKeys(transaction, rows);
    for (const { id, name } of rows) {
      const subject = { kind: 'key', id };
      change.record({ action: 'key.register', subject, environmentId, after: { clientId, name } });
    }
    change.emit(...rows.flatMap(keyCreated));
  }
  if (change.notes.length > 0) {
    await raiseEnvironmentVersion(transaction, environmentId, now);
    await change.note({ environmentId });
  }
  return { homeless };
}

function digestsOf(sightings: readonly KeySighting[]): Buffer[] {
  return sightings.map(({ digest }) => digest);
}

/** Once for each that is given up: it is not tried again before it was forgotten. */
function tell({ logger, maxPerClient }: RegistrationOptions, { over, faulty, homeless }: Registered): void {
  for (const [clientId, keys] of Map.groupBy(over, ({ client_id }) => client_id)) {
    const environmentId = keys[0]?.environment_id;
    const message = 'a client has too many locally signed keys; these stay accepted, but are not registered';
    logger.warn({ environmentId, clientId, keys: keys.length, maxPerClient }, message);
  }
  for (const [environmentId, keys] of Map.groupBy(homeless, ({ environment_id }) => environment_id)) {
    const message = 'the template for new clients has as many as it takes; these stay accepted, but are not registered';
    logger.warn({ environmentId, keys: keys.length }, message);
  }
  for (const { environment_id: environmentId, client_id: clientId, key_id: keyId } of faulty) {
    const message = 'a locally signed key is not registered: what its event tells of it cannot be';
    logger.warn({ environmentId, clientId, keyId }, message);
  }
}
