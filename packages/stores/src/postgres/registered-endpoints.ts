import { NewEndpoint } from '@keyward/contract/routes/endpoint';
import { defaultSettings, type EnvironmentSettings } from '@keyward/contract/settings';
import { anyEndpoint, usageSummaryType } from '@keyward/contract/usage-summary';
import { validationEventType } from '@keyward/contract/validation-event';
import { parseMethodPath } from '@keyward/decision/endpoint-path';
import { KnownEndpoints } from '@keyward/decision/known-endpoints';
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

/** Endpoints, with whether a request to them was admitted. */
type Asked = Map<string, boolean>;

/** The name that an endpoint of an environment is counted under. */
type NameOf = (environmentId: string, endpoint: string) => string;

interface Environment {
  organizationId: string;
  settings: EnvironmentSettings;
  registered: readonly Place[];
}

/** `refused`: no request to it was admitted yet; `unwanted`: the environment takes none of that kind, or no more. */
type Standing = 'registered' | 'refused' | 'unwanted';

const registrable = compileValidator(NewEndpoint);

/** After so long it is looked again: somebody may have deleted it, registered it or made room. */
const knownMs: Record<Standing, number> = { registered: 600_000, refused: 10_000, unwanted: 10_000 };

/**
 * Registers the endpoints of admitted requests, as an SDK would (register-endpoint.ts in admin-api), where unknown ones are
 * allowed. What is asked of others is counted as one, or whoever has a key could make any number of rows that stay.
 */
export class RegisteredEndpoints {
  readonly #options: RegistrationOptions;
  readonly #standings: LRUCache<string, Standing>;

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#standings = new LRUCache({
      max: 100_000,
      perf: { now: () => options.clock.monotonicMs() },
      ttl: 1,
      ttlResolution: 0,
    });
  }

  /** The events as they are to be counted. It comes before they are, and once more does no harm. */
  async settle(events: readonly CountableEvent[]): Promise<CountableEvent[]> {
    const settled = new Map<string, Map<string, Standing>>();
    for (const [environmentId, asked] of askedBy(events))
      settled.set(environmentId, await this.#look(environmentId, asked));
    const nameOf: NameOf = (environmentId, endpoint) =>
      settled.get(environmentId)?.get(endpoint) === 'registered' ? endpoint : anyEndpoint;
    return events.map((each) => named(each, nameOf));
  }

  async #look(environmentId: string, asked: Asked): Promise<Map<string, Standing>> {
    const found = new Map<string, Standing>();
    const unsettled: Asked = new Map();
    for (const [endpoint, isAdmitted] of asked) {
      const standing = this.#standings.get(`${environmentId} ${endpoint}`);
      if (standing === undefined || (standing === 'refused' && isAdmitted)) unsettled.set(endpoint, isAdmitted);
      else found.set(endpoint, standing);
    }
    if (unsettled.size === 0) return found;
    for (const [endpoint, standing] of await this.#standingsOf(environmentId, unsettled)) {
      this.#standings.set(`${environmentId} ${endpoint}`, standing, { ttl: knownMs[standing] });
      found.set(endpoint, standing);
    }
    return found;
  }

  async #standingsOf(environmentId: string, asked: Asked): Promise<Map<string, Standing>> {
    const { sessions } = this.#options;
    const environment = await sessions.transaction((session) => readEnvironment(session, environmentId));
    // Nobody can look at the counts of one that is gone.
    if (!environment) return new Map([...asked.keys()].map((endpoint) => [endpoint, 'registered']));
    const { registered, settings } = environment;
    const known = new KnownEndpoints(registered, settings);
    const missing = [...asked].flatMap(([endpoint, isAdmitted]) => {
      const place = parseMethodPath(endpoint);
      return isAdmitted && place && !known.has(place) && registrable.check(place) ? place : [];
    });
    if (missing.length > 0)
      for (const place of await sessions.transaction((session) => this.#insert(session, environmentId, missing)))
        known.add(place);
    return new Map(
      [...asked].map(([endpoint, isAdmitted]) => {
        const place = parseMethodPath(endpoint);
        if (place && known.has(place)) return [endpoint, 'registered'];
        return [endpoint, isAdmitted ? 'unwanted' : 'refused'];
      }),
    );
  }

  /**
   * Under the environment's lock, as admin-api does it: a change of its settings cannot miss what is on its way, and two
   * replicas cannot fill it beyond its bound. Answers what is registered of these now.
   */
  async #insert(session: Session, environmentId: string, places: readonly Place[]): Promise<Place[]> {
    await session.query('select from environment where id = $1 for no key update', [environmentId]);
    const environment = await readEnvironment(session, environmentId);
    if (environment?.settings.unknownEndpoints !== 'allow') return [];
    const { organizationId, registered, settings } = environment;
    const known = new KnownEndpoints(registered, settings);
    const room = Math.max(0, this.#options.maxEndpoints - registered.length);
    const added = places.filter((place) => !known.has(place)).slice(0, room);
    if (added.length > 0)
      await session.query(
        `insert into endpoint (id, organization_id, environment_id, method, path, name, metadata, created_at, updated_at)
        select id, $1, $2, method, path, method || ' ' || path, '{}', $3, $3
        from unnest($4::uuid[], $5::text[], $6::text[]) as row (id, method, path) on conflict do nothing`,
        [
          organizationId,
          environmentId,
          new Date(this.#options.clock.nowMs()),
          added.map(() => newId()),
          added.map(({ method }) => method),
          added.map(({ path }) => path),
        ],
      );
    return [...added, ...places.filter((place) => known.has(place))];
  }
}

/** Logs show what was asked for all the same. */
function named(countable: CountableEvent, nameOf: NameOf): CountableEvent {
  const { event } = countable;
  if (event.type === validationEventType)
    return { ...countable, countedAs: nameOf(event.data.environmentId, endpointFor(event.data)) };
  if (event.type !== usageSummaryType) return countable;
  const counts = event.data.counts.map((count) => ({
    ...count,
    endpoint: nameOf(count.environmentId, count.endpoint),
  }));
  return { ...countable, event: { ...event, data: { ...event.data, counts } } };
}

async function readEnvironment(session: Session, environmentId: string): Promise<Environment | undefined> {
  const [row] = await session.query<{ organization_id: string; settings: Partial<EnvironmentSettings> }>(
    'select organization_id, settings from environment where id = $1 and deleted_at is null',
    [environmentId],
  );
  if (!row) return undefined;
  const registered = await session.query<Place>('select method, path from endpoint where environment_id = $1', [
    environmentId,
  ]);
  return { organizationId: row.organization_id, settings: { ...defaultSettings, ...row.settings }, registered };
}

/** By environment. */
function askedBy(events: readonly CountableEvent[]): Map<string, Asked> {
  const byEnvironment = new Map<string, Asked>();
  const ask = (environmentId: string, endpoint: string, verdict: string) => {
    const asked = byEnvironment.get(environmentId) ?? new Map<string, boolean>();
    byEnvironment.set(environmentId, asked);
    if (!asked.get(endpoint)) asked.set(endpoint, verdict === 'ALLOWED');
  };
  for (const { event } of events) {
    if (event.type === validationEventType) ask(event.data.environmentId, endpointFor(event.data), event.data.verdict);
    if (event.type === usageSummaryType)
      for (const { environmentId, endpoint, verdict } of event.data.counts) ask(environmentId, endpoint, verdict);
  }
  return byEnvironment;
}
