import type { Access } from '@keyward/contract/access';
import { nameOfRoute } from '@keyward/contract/openapi/names';
import type { Route } from '@keyward/contract/routes/route';
import type { Database } from '@keyward/stores/postgres/database';
import { actingIn } from '../matrix/credential.ts';
import type { Asked, Place, RouteRow } from '../matrix/route-row.ts';
import { routeRows } from '../matrix/route-rows.ts';
import { Browser } from '../platform/browser.ts';
import { expectDone } from '../platform/expect-done.ts';
import { newMember, type Person } from '../platform/new-person.ts';
import { createEnvironment } from '../platform/prepare-installation.ts';
import type { TestPlatform } from '../platform/run-platform.ts';
import type { Caller } from '../platform/wire-client.ts';
import { gatewayRows } from './gateway-rows.ts';

/** A call that succeeds, once: who calls, and what is said. */
export type GoodCall = Pick<Caller, 'headers'> & Pick<Asked, 'params' | 'query' | 'body'>;

/** Makes good calls of the operations of the API, each about things of its own. */
export class GoodCalls {
  readonly #db: Database;
  readonly #platform: TestPlatform;
  readonly #owner: Caller;
  readonly #rows = Map.groupBy([...routeRows, ...gatewayRows], ({ route }) => nameOfRoute(route).operationId);
  readonly #places = new Map<RouteRow, Promise<Place>>();
  readonly #people = new Map<RouteRow, Promise<Person>>();
  #made = 0;

  constructor(db: Database, platform: TestPlatform) {
    this.#db = db;
    this.#platform = platform;
    this.#owner = actingIn(platform.owner, platform);
  }

  /** By the operation's id in the description; its rows take turns. */
  async next(operationId: string): Promise<GoodCall> {
    const rows = this.#rows.get(operationId) ?? [];
    const row = rows.shift();
    if (!row) throw new Error(`no row says how ${operationId} is called`);
    rows.push(row);
    this.#made += 1;
    const place = await once(this.#places, row, () => this.#newPlace());
    const { caller, person } = await this.#callerOf(row, place);
    const { params = {}, query = {}, body } = await row.prepare(place, person);
    return {
      // Whoever tries passwords from one address is slowed down.
      headers: { ...caller.headers, 'x-forwarded-for': `2001:db8:${this.#made.toString(16)}::1` },
      params,
      query: { ...environmentOf(row.route, place, params), ...query },
      body,
    };
  }

  async #newPlace(): Promise<Place> {
    const { organizationId, secrets } = this.#platform;
    return {
      ...{ db: this.#db, owner: this.#owner, organizationId, secrets },
      environment: await createEnvironment(this.#owner),
    };
  }

  async #callerOf(row: RouteRow, place: Place): Promise<{ caller: Caller; person?: Person }> {
    const { access } = row.route;
    if (gatewayRows.includes(row)) return { caller: place.environment };
    if (access.of === 'nobody') return { caller: { url: this.#platform.adminUrl, headers: {} } };
    if (access.of !== 'account' && !row.needsOwnPeople) return { caller: this.#owner };
    const newPerson = () =>
      newMember(this.#db, this.#platform, { organizationId: place.organizationId, role: 'owner' });
    const person = await (row.needsOwnPeople ? newPerson() : once(this.#people, row, newPerson));
    const caller = isBySession(access) ? await this.#signedIn(person) : person;
    return { caller: actingIn(caller, place), person };
  }

  async #signedIn({ email, password }: Person): Promise<Caller> {
    const url = this.#platform.adminUrl;
    const browser = new Browser(url);
    expectDone(await browser.signIn(email, password));
    return { url, headers: browser.headers };
  }
}

const isBySession = (access: Access) => access.of === 'account' && access.by === 'session';

/** A person says which environment a call is about, unless its path does. */
function environmentOf({ access }: Route, { environment }: Place, params: Asked['params']): Record<string, string> {
  const isNamed = access.of !== 'environment' || params?.project_env !== undefined;
  return isNamed ? {} : { project_env: environment.projectEnv };
}

function once<K, V>(kept: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  const made = kept.get(key) ?? make();
  kept.set(key, made);
  return made;
}
