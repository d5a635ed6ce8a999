import { NewEndpoint } from '@keyward/contract/routes/endpoint';
import { defaultSettings, type EnvironmentSettings } from '@keyward/contract/settings';
import { usageSummaryType } from '@keyward/contract/usage-summary';
import { validationEventType } from '@keyward/contract/validation-event';
import { parseMethodPath } from '@keyward/decision/endpoint-path';
import { isSameEndpoint } from '@keyward/decision/same-endpoint';
import type { Clock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import { compileValidator } from '@keyward/kit/validation';
import { LRUCache } from 'lru-cache';
import { endpointFor } from '../usage-counts.ts';
import type { Session, Sessions } from './sessions.ts';
import type { CountableEvent } from './sort-records.ts';

interface RegistrationOptions {
  sessions: Sessions;
  clock: Clock;
  /** How many endpoints an environment may hold. */
  maxEndpoints: number;
}

interface Place {
  method: string;
  path: string;
}

const registrable = compileValidator(NewEndpoint);

/** After this long it is looked again: somebody may have deleted it, or made room. */
const knownMs = 600_000;

/**
 * Registers the endpoints of admitted requests, as an SDK would (register-endpoint.ts in admin-api), where unknown ones are
 * allowed. It comes before the events are counted, and once more does no harm.
 */
export class EndpointRegistration {
  readonly #options: RegistrationOptions;
  readonly #known: LRUCache<string, true>;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#known = new LRUCache({ max: 100_000, ttl: knownMs, perf: { now: () => options.clock.monotonicMs() } });
  }

  async register(events: readonly CountableEvent[]): Promise<void> {
    const { sessions } = this.#options;
    for (const [environmentId, endpoints] of this.#unknown(events)) {
      const places = [...endpoints].flatMap((endpoint) => parseMethodPath(endpoint) ?? []).filter(registrable.check);
      if (places.length > 0) await sessions.transaction((session) => this.#insert(session, environmentId, places));
      for (const endpoint of endpoints) this.#known.set(`${environmentId} ${endpoint}`, true);
    }
  }

  #unknown(events: readonly CountableEvent[]): Map<string, Set<string>> {
    const byEnvironment = new Map<string, Set<string>>();
    for (const { environmentId, endpoint } of admitted(events)) {
      if (this.#known.has(`${environmentId} ${endpoint}`)) continue;
      const endpoints = byEnvironment.get(environmentId) ?? new Set();
      byEnvironment.set(environmentId, endpoints.add(endpoint));
    }
    return byEnvironment;
  }

  /**
   * Under the environment's lock, as admin-api does it: a change of its settings cannot miss what is on its way, and two
   * replicas cannot fill it beyond its bound.
   */
  async #insert(session: Session, environmentId: string, places: readonly Place[]): Promise<void> {
    const [environment] = await session.query<{ organization_id: string; settings: Partial<EnvironmentSettings> }>(
      'select organization_id, settings from environment where id = $1 for no key update',
      [environmentId],
    );
    const settings = { ...defaultSettings, ...environment?.settings };
    if (!environment || settings.unknownEndpoints !== 'allow') return;
    const registered = await session.query<Place>('select method, path from endpoint where environment_id = $1', [
      environmentId,
    ]);
    const added = places
      .filter((place) => !registered.some((known) => isSameEndpoint(known, place, settings)))
      .slice(0, Math.max(0, this.#options.maxEndpoints - registered.length));
    if (added.length === 0) return;
    await session.query(
      `insert into endpoint (id, organization_id, environment_id, method, path, name, metadata, created_at, updated_at)
        select id, $1, $2, method, path, method || ' ' || path, '{}', $3, $3
        from unnest($4::uuid[], $5::text[], $6::text[]) as row (id, method, path) on conflict do nothing`,
      [
        environment.organization_id,
        environmentId,
        new Date(this.#options.clock.nowMs()),
        added.map(() => newId()),
        added.map(({ method }) => method),
        added.map(({ path }) => path),
      ],
    );
  }
}

function* admitted(events: readonly CountableEvent[]): Generator<{ environmentId: string; endpoint: string }> {
  for (const { event } of events) {
    if (event.type === validationEventType && event.data.verdict === 'ALLOWED')
      yield { environmentId: event.data.environmentId, endpoint: endpointFor(event.data) };
    if (event.type === usageSummaryType) yield* event.data.counts.filter(({ verdict }) => verdict === 'ALLOWED');
  }
}
