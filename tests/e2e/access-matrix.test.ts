import { managementRoutes } from '@keyward/contract/management-routes';
import type { Route } from '@keyward/contract/routes/route';
import { type OpenDatabase, openDatabase } from '@keyward/stores/postgres/database';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { askRoute } from '@keyward/tests/matrix/ask-route';
import {
  actingIn,
  applicationsOf,
  type Credential,
  peopleOf,
  sessionsOf,
  strangersOf,
} from '@keyward/tests/matrix/credential';
import { databaseSnapshot } from '@keyward/tests/matrix/database-snapshot';
import { foreignAsks, unknownLike } from '@keyward/tests/matrix/foreign-asks';
import { registeredRoutes } from '@keyward/tests/matrix/registered-routes';
import type { Asked, Place, RouteRow } from '@keyward/tests/matrix/route-row';
import { routeRows } from '@keyward/tests/matrix/route-rows';
import { newOwner, type Person } from '@keyward/tests/platform/new-person';
import { createEnvironment } from '@keyward/tests/platform/prepare-installation';
import { runPlatform, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { type Answer, type Caller, call } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const nameOf = ({ method, url }: Pick<Route, 'method' | 'url'>) => `${method} ${url}`;
/** What is not of the management API: health, what there is to read, and pages. */
const openRoutes = [
  'GET /',
  'GET /healthz',
  'GET /readyz',
  'GET /openapi.json',
  'GET /docs/',
  'GET /docs/js/scalar.js',
  // A browser is sent there and comes back; oidc.test.ts follows it.
  'GET /api/v1/session/oidc',
  'GET /api/v1/session/oidc/callback',
];

describe('the matrix of who may do what', () => {
  it('has a row for every route that is registered, and every route is registered', async () => {
    const registered = (await registeredRoutes()).filter((route) => !openRoutes.includes(route));
    expect(registered.toSorted()).toEqual(managementRoutes.map(nameOf).toSorted());
    const rows = new Set(routeRows.map(({ route }) => nameOf(route)));
    expect(registered.filter((route) => !rows.has(route))).toEqual([]);
  });
});

describeStacks('a management route', (stack) => {
  const own = new AsyncDisposableStack();
  const counts = { allowed: 0, refused: 0, foreign: 0 };
  let platform: TestPlatform;
  let database: OpenDatabase;
  let stranger: { owner: Caller; organizationId: string };
  let people: Credential[];

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls, { isOperatorNamed: true }));
    database = own.use(await openDatabase(urls.postgres));
    const owner = await newOwner(database.db, platform);
    const { team } = (await createProjectOf(owner)).body;
    stranger = { owner, organizationId: team.id };
    people = await peopleOf(await newPlace(platform), platform);
  });
  afterAll(() => own.disposeAsync());
  afterAll(() => {
    const { allowed, refused, foreign } = counts;
    const routes = new Set(routeRows.map(({ route }) => nameOf(route))).size;
    process.stdout.write(
      `access matrix [${stack.name}]: ${routes} routes in ${routeRows.length} rows; ${allowed} calls with a right, ${refused} without, ${foreign} foreign ids\n`,
    );
  });

  const createProjectOf = async (owner: Caller) => {
    const { projectEnv } = await createEnvironment(owner);
    return call(owner, 'GET', `/project/${projectEnv}`);
  };
  const newPlace = async ({ organizationId, ...of }: { owner: Caller; organizationId: string }): Promise<Place> => {
    const owner = actingIn(of.owner, { organizationId });
    const { secrets } = platform;
    return { db: database.db, owner, organizationId, secrets, environment: await createEnvironment(owner) };
  };
  /** A call says which environment it is about, unless its path does. */
  async function prepare({ route, prepare: prepareRow }: RouteRow, place: Place, caller?: Person): Promise<Asked> {
    const asked = await prepareRow(place, caller);
    if (route.access.of !== 'environment' || asked.params?.project_env !== undefined) return asked;
    const { projectEnv } = place.environment;
    return { ...asked, query: { ...asked.query, project_env: projectEnv }, ids: [...(asked.ids ?? []), projectEnv] };
  }
  const denials = () => database.db.selectFrom('audit_event').selectAll().where('action', '=', 'call.denied').execute();

  describe.each(
    routeRows.map((row) => [`${nameOf(row.route)}${row.variant ? ` (${row.variant})` : ''}`, row] as const),
  )('%s', (_, row) => {
    const { route } = row;
    let place: Place;
    let credentials: Credential[];
    beforeAll(async () => {
      place = await newPlace(platform);
      const persons = row.needsOwnPeople ? await peopleOf(place, platform) : people;
      const others = [...(await applicationsOf(place, route.access)), ...(await strangersOf(place))];
      credentials = [...persons, ...others];
      // Nobody comes through the gateway without a credential; a session exists at admin-api only.
      if (route.access.of === 'nobody') credentials = others.map(atAdminApi);
      if (route.access.of === 'account')
        credentials.push(
          ...(await sessionsOf(row.needsOwnPeople ? await peopleOf(place, platform) : people, platform)),
        );
    });
    const atAdminApi = (credential: Credential): Credential => ({
      ...credential,
      caller: { ...credential.caller, url: platform.adminUrl },
      mayCall: () => true,
    });
    const those = (may: boolean) => credentials.filter((credential) => credential.mayCall(route.access) === may);

    it('is answered to those who may call it', async () => {
      expect(those(true).length).toBeGreaterThan(0);
      for (const { caller, name, person } of those(true)) {
        const { status, body } = await askRoute(caller, route, await prepare(row, place, person));
        expect([200, 201, 202], `${name}: ${JSON.stringify(body)}`).toContain(status);
        counts.allowed += 1;
      }
    });

    it('is refused to those who may not, changes nothing then, and leaves a record of who tried to write', async () => {
      const asked = await prepare(row, place);
      const before = { rows: await databaseSnapshot(database), denials: await denials() };
      const refusals: string[] = [];
      for (const { caller, name, of } of those(false)) {
        const { status, body } = await askRoute(caller, route, asked);
        const [expected, error] = of === 'nobody' ? [401, 'UNAUTHENTICATED'] : [403, 'FORBIDDEN'];
        expect({ name, status, error: body.error }).toEqual({ name, status: expected, error });
        if (of !== 'nobody') refusals.push(body.requestId);
        counts.refused += 1;
      }
      expect(await databaseSnapshot(database)).toEqual(before.rows);
      const known = new Set(before.denials.map(({ id }) => id));
      const recorded = (await denials()).filter(({ id }) => !known.has(id));
      const expected = route.method === 'GET' ? [] : refusals;
      expect(recorded.map((record) => record.request_id).toSorted()).toEqual(expected.toSorted());
      for (const record of recorded)
        expect(record).toMatchObject({ outcome: 'denied', subject_kind: 'route', subject_id: nameOf(route) });
    });

    it('answers a foreign id as one that nobody has', async () => {
      const asked = await prepare(row, place);
      const neighbour = await prepare(row, await newPlace(platform));
      const foreigner = await prepare(row, await newPlace(stranger));
      const before = await databaseSnapshot(database);
      for (const { caller, of } of those(true).filter((credential) => credential.of !== 'nobody')) {
        const asks = foreignAsks(asked, foreigner);
        if (of === 'application') asks.push(...foreignAsks(asked, neighbour));
        // A person may name the neighbour, too; with ids of one and the name of the other it is foreign.
        if (of === 'person' && route.access.of === 'environment')
          asks.push(...foreignAsks(asked, neighbour).filter(({ foreign }) => !isProjectEnv(foreign.id)));
        for (const { foreign, unknown } of asks) {
          const answer = await askRoute(caller, route, foreign.asked);
          expect([400, 404]).toContain(answer.status);
          expect(told(answer, foreign.id)).toEqual(told(await askRoute(caller, route, unknown.asked), unknown.id));
          counts.foreign += 1;
        }
        if (of === 'application' || route.access.of === 'account') continue;
        const named = (organizationId: string) => ({
          ...caller,
          headers: { ...caller.headers, 'x-keyward-organization': organizationId },
        });
        const { organizationId } = stranger;
        const unknownId = unknownLike(organizationId);
        const answer = await askRoute(named(organizationId), route, asked);
        expect(answer.status).toBe(404);
        expect(told(answer, organizationId)).toEqual(told(await askRoute(named(unknownId), route, asked), unknownId));
        counts.foreign += 1;
      }
      expect(await databaseSnapshot(database)).toEqual(before);
    });
  });
});

const isProjectEnv = (id: string) => id.endsWith('-production');

/** All that an answer says but for the request's id, and the id that was asked for. */
function told({ status, headers, body }: Answer, id: string) {
  const text = JSON.stringify({ ...body, requestId: '' }).replaceAll(id, 'the id');
  return { status, text, type: headers.get('content-type'), retryAfter: headers.get('retry-after') };
}
