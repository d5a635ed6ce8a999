import type { Logger } from '@keyward/kit/logger';
import { isDatabaseAway } from '@keyward/stores/postgres/availability';
import {
  countAttempts,
  dropGivenUpSightings,
  type KeySighting,
  listSightings,
  maxSightingAttempts,
} from '@keyward/stores/postgres/sighting-queue';
import type { Administration } from '../administration.ts';
import { registerBatch } from './register-batch.ts';

export interface RegistrationOptions {
  administration: Administration;
  logger: Logger;
  /** How many keys of a client may register themselves. */
  maxPerClient: number;
}

const perRound = 500;
const perTransaction = 200;
const givenUpForMs = 3_600_000;

/**
 * Registers locally signed keys that ingest has seen in events, with their clients (wire.md §2.5), a bounded number at once;
 * `more`: there are others.
 */
export async function registerSightedKeys(options: RegistrationOptions): Promise<'done' | 'more'> {
  const { db, clock } = options.administration;
  await dropGivenUpSightings(db, new Date(clock.nowMs() - givenUpForMs));
  const sightings = await listSightings(db, perRound);
  for (const [, ofEnvironment] of Map.groupBy(sightings, (sighting) => sighting.environment_id)) {
    for (let at = 0; at < ofEnvironment.length; at += perTransaction)
      await registerAll(options, ofEnvironment.slice(at, at + perTransaction));
  }
  return sightings.length < perRound ? 'done' : 'more';
}

/** One that cannot be registered holds up no others: those that fail together are tried apart. */
async function registerAll(options: RegistrationOptions, sightings: readonly KeySighting[]): Promise<void> {
  try {
    await registerBatch(options, sightings);
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    const half = Math.ceil(sightings.length / 2);
    if (sightings.length === 1) return countFailure(options, { sightings, error });
    await registerAll(options, sightings.slice(0, half));
    await registerAll(options, sightings.slice(half));
  }
}

async function countFailure(
  { administration, logger }: RegistrationOptions,
  { sightings, error }: { sightings: readonly KeySighting[]; error: unknown },
): Promise<void> {
  for (const { environment_id: environmentId, digest, client_id: clientId, key_id: keyId, attempts } of sightings) {
    const isLast = attempts + 1 >= maxSightingAttempts;
    const message = isLast
      ? 'a locally signed key is not registered'
      : 'a locally signed key could not be registered yet';
    logger.warn({ err: error, environmentId, clientId, keyId }, message);
    await countAttempts(administration.db, { environmentId, digests: [digest], attempts: 1 });
  }
}
