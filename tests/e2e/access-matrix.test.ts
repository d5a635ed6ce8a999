import { managementRoutes } from '@keyward/contract/management-routes';
import { describeRealStack } from '@keyward/tests/backends/describe-backends';
import { applicationsOf } from '@keyward/tests/matrix/applications';
import { askRoute } from '@keyward/tests/matrix/ask-route';
import type { Credential } from '@keyward/tests/matrix/credential';
import { databaseSnapshot } from '@keyward/tests/matrix/database-snapshot';
import { foreignAsks, unknownLike } from '@keyward/tests/matrix/foreign-asks';
import { type MatrixStage, openStage } from '@keyward/tests/matrix/matrix-stage';
import { forgeriesOf, peopleOf, signedIn } from '@keyward/tests/matrix/people';
import { prepareRow } from '@keyward/tests/matrix/prepare-row';
import { registeredRoutes } from '@keyward/tests/matrix/registered-routes';
import type { Place } from '@keyward/tests/matrix/route-row';
import { routeRows } from '@keyward/tests/matrix/route-rows';
import { routeName, rowName } from '@keyward/tests/matrix/row-name';
import { strangersOf } from '@keyward/tests/matrix/strangers';
import { newMember } from '@keyward/tests/platform/new-person';
import type { Answer, Caller } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** What is not of the management API: health, what there is to read, and pages. */
const openRoutes = [
  'GET /',
  'GET /livez',
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
    expect(registered.toSorted()).toEqual(managementRoutes.map(routeName).toSorted());
    const rows = new Set(routeRows.map(({ route }) => routeName(route)));
    expect(registered.filter((route) => !rows.has(route))).toEqual([]);
  });
});

describeRealStack('a management route', (stack) => {
  const own = new AsyncDisposableStack();
  const counts = { allowed: 0, refused: 0, forged: 0, foreign: 0 };
  let stage: MatrixStage;
  let people: Credential[];
  let strangers: Credential[];
  /** They may do anything in another organization. */
  let foreigners: Caller[];

  beforeAll(async () => {
    stage = own.use(await openStage(await stack.url()));
    const { platform, stranger } = stage;
    const place = await stage.newPlace();
    people = await peopleOf(place, platform);
    strangers = await strangersOf(place, platform);
    const { organizationId } = stranger;
    const foreigner = await newMember(place.db, platform, { organizationId, role: 'owner' });
    foreigners = [stranger.owner, await signedIn(foreigner, platform)];
  });
  afterAll(() => own.disposeAsync());
  afterAll(() => {
    const { allowed, refused, forged, foreign } = counts;
    const routes = new Set(routeRows.map(({ route }) => routeName(route))).size;
    process.stdout.write(
      `access matrix: ${routes} routes in ${routeRows.length} rows; ${allowed} calls with a right, ${refused} without, ${forged} forged, ${foreign} foreign ids\n`,
    );
  });

  const denials = () =>
    stage.database.db.selectFrom('audit_event').selectAll().where('action', '=', 'call.denied').execute();

  describe.each(routeRows.map((row) => [rowName(row), row] as const))('%s', (_, row) => {
    const { route } = row;
    const { access } = route;
    const isWrite = route.method !== 'GET';
    let place: Place;
    let credentials: Credential[];
    beforeAll(async () => {
      place = await stage.newPlace();
      const others = [...(await applicationsOf(place, access)), ...strangers];
      // Nobody comes through the gateway without a credential.
      if (access.of === 'nobody') credentials = others.map(atAdminApi);
      else credentials = [...(row.needsOwnPeople ? await peopleOf(place, stage.platform) : people), ...others];
    });
    const atAdminApi = (credential: Credential): Credential => ({
      ...credential,
      caller: { ...credential.caller, url: stage.platform.adminUrl },
      mayCall: () => true,
    });
    const those = (may: boolean) => credentials.filter((credential) => credential.mayCall(access) === may);

    it('is refused to those who may not, changes nothing then, and leaves a record of who tried to write', async () => {
      const asked = await prepareRow(row, place);
      const before = { rows: await databaseSnapshot(stage.database), denials: await denials() };
      const refusals: string[] = [];
      for (const { caller, name, of } of those(false)) {
        const { status, body } = await askRoute(caller, route, asked);
        const [expected, error] = of === 'nobody' ? [401, 'UNAUTHENTICATED'] : [403, 'FORBIDDEN'];
        expect({ name, status, error: body.error }).toEqual({ name, status: expected, error });
        if (of !== 'nobody') refusals.push(body.requestId);
        counts.refused += 1;
      }
      expect(await databaseSnapshot(stage.database)).toEqual(before.rows);
      const known = new Set(before.denials.map(({ id }) => id));
      const recorded = (await denials()).filter(({ id }) => !known.has(id));
      const expected = isWrite ? refusals : [];
      expect(recorded.map((record) => record.request_id).toSorted()).toEqual(expected.toSorted());
      for (const record of recorded)
        expect(record).toMatchObject({ outcome: 'denied', subject_kind: 'route', subject_id: routeName(route) });
    });

    if (isWrite && access.of !== 'nobody')
      it('is refused to pages of others, and changes nothing then', isRefusedToPagesOfOthers);

    async function isRefusedToPagesOfOthers(): Promise<void> {
      const sessions = those(true).filter(({ caller }) => caller.headers.cookie !== undefined);
      const { caller, person } = sessions.at(-1) ?? {};
      if (!caller) throw new Error('nobody is signed in who may call it');
      const asked = await prepareRow(row, place, person);
      const before = await databaseSnapshot(stage.database);
      for (const { name, caller: forger } of forgeriesOf(caller)) {
        const { status, body } = await askRoute(forger, route, asked);
        expect({ name, status, error: body.error }).toEqual({ name, status: 403, error: 'FORBIDDEN' });
        counts.forged += 1;
      }
      expect(await databaseSnapshot(stage.database)).toEqual(before);
    }

    it('answers a foreign id as one that nobody has', async () => {
      const asked = await prepareRow(row, place);
      const neighbour = await prepareRow(row, await stage.newPlace());
      const foreigner = await prepareRow(row, await stage.newPlace(stage.stranger));
      const before = await databaseSnapshot(stage.database);
      for (const { caller, of } of those(true).filter((credential) => credential.of !== 'nobody')) {
        const asks = foreignAsks(asked, foreigner);
        if (of === 'application') asks.push(...foreignAsks(asked, neighbour));
        // A person may name the neighbour, too; with ids of one and the name of the other it is foreign.
        if (of === 'person' && access.of === 'environment')
          asks.push(...foreignAsks(asked, neighbour).filter(({ foreign }) => !isProjectEnv(foreign.id)));
        for (const { foreign, unknown } of asks) {
          const answer = await askRoute(caller, route, foreign.asked);
          expect([400, 404]).toContain(answer.status);
          expect(told(answer, foreign.id)).toEqual(told(await askRoute(caller, route, unknown.asked), unknown.id));
          counts.foreign += 1;
        }
        if (of === 'person') await expectUnknownOrganization(caller, stage.stranger.organizationId);
      }
      // Whatever they may do at home.
      if (access.of !== 'nobody')
        for (const caller of foreigners) await expectUnknownOrganization(caller, place.organizationId);
      expect(await databaseSnapshot(stage.database)).toEqual(before);

      async function expectUnknownOrganization(caller: Caller, organizationId: string): Promise<void> {
        const [answer, unknown] = [organizationId, unknownLike(organizationId)].map(async (id) => {
          const headers = { ...caller.headers, 'x-keyward-organization': id };
          return told(await askRoute({ ...caller, headers }, route, asked), id);
        });
        expect(await answer).toMatchObject({ status: 404 });
        expect(await answer).toEqual(await unknown);
        counts.foreign += 1;
      }
    });

    // The last, for it may end what its callers are known by.
    it('is answered to those who may call it', async () => {
      expect(those(true).length).toBeGreaterThan(0);
      for (const { caller, name, person } of those(true)) {
        const { status, body } = await askRoute(caller, route, await prepareRow(row, place, person));
        expect([200, 201, 202], `${name}: ${JSON.stringify(body)}`).toContain(status);
        counts.allowed += 1;
      }
    });
  });
});

const isProjectEnv = (id: string) => id.endsWith('-production');

/** All that an answer says but for its request's id and time, and the id that was asked for. */
function told({ status, headers, body }: Answer, id: string) {
  const text = JSON.stringify({ ...body, requestId: '' }).replaceAll(id, 'the id');
  const { date: _, 'x-request-id': __, ...others } = Object.fromEntries(headers);
  return { status, text, headers: others };
}
