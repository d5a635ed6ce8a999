import { type ValidationEvent, validationEventType } from '@keyward/contract/validation-event';
import type { Clock } from '@keyward/kit/clock';
import { LRUCache } from 'lru-cache';
import type { Session, Sessions } from './sessions.ts';
import type { CountableEvent } from './sort-records.ts';

interface SightingOptions {
  sessions: Sessions;
  clock: Clock;
}

type Sighting = ValidationEvent & Required<Pick<ValidationEvent, 'signedKey'>>;

const knownMs = 600_000;

/**
 * Writes down keys that nobody registered when they are first used with success, for admin-api to register. It comes before the
 * events are counted, and once more does no harm.
 */
export class KeySightings {
  readonly #options: SightingOptions;
  readonly #known: LRUCache<string, true>;

  constructor(options: SightingOptions) {
    this.#options = options;
    this.#known = new LRUCache({ max: 100_000, ttl: knownMs, perf: { now: () => options.clock.monotonicMs() } });
  }

  async note(events: readonly CountableEvent[]): Promise<void> {
    const sightings = new Map<string, Sighting>();
    for (const { event } of events) {
      if (event.type !== validationEventType || event.data.verdict !== 'ALLOWED' || !event.data.signedKey) continue;
      if (event.data.assumed) continue; // nobody has counted its client among the new ones of the day
      const id = `${event.data.environmentId} ${event.data.signedKey.digest}`;
      if (!this.#known.has(id)) sightings.set(id, { ...event.data, signedKey: event.data.signedKey });
    }
    if (sightings.size === 0) return;
    const { sessions, clock } = this.#options;
    const inOrder = [...sightings].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sighting]) => sighting);
    await sessions.transaction((session) => insertSightings(session, inOrder, new Date(clock.nowMs())));
    for (const id of sightings.keys()) this.#known.set(id, true);
  }
}

/** A key that is registered, or was, is none; nor is one of an environment that is gone. */
async function insertSightings(session: Session, sightings: readonly Sighting[], now: Date): Promise<void> {
  await session.query(
    `insert into key_sighting (environment_id, digest, client_id, key_id, name, facts, seen_at)
      select row.environment_id, sighted.digest, row.client_id, row.key_id, row.name, facts::jsonb, $7::timestamptz
      from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[])
        as row (environment_id, hex, client_id, key_id, name, facts)
      join environment on environment.id = row.environment_id and environment.deleted_at is null
      cross join lateral decode(row.hex, 'hex') as sighted (digest)
      where not exists (select from api_key known where known.environment_id = row.environment_id and known.digest = sighted.digest)
        and not exists (select from tombstone known where known.environment_id = row.environment_id and known.digest = sighted.digest)
      on conflict do nothing`,
    [
      sightings.map(({ environmentId }) => environmentId),
      sightings.map(({ signedKey }) => Buffer.from(signedKey.digest, 'base64url').toString('hex')),
      sightings.map(({ clientId }) => clientId),
      sightings.map(({ keyId }) => keyId),
      sightings.map(({ name }) => name ?? null),
      sightings.map(({ signedKey }) => JSON.stringify(signedKey)),
      now,
    ],
  );
}
