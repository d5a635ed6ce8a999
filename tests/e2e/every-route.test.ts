import { describeOtherStacks } from '@keyward/tests/backends/describe-backends';
import { askRoute } from '@keyward/tests/matrix/ask-route';
import type { Credential } from '@keyward/tests/matrix/credential';
import { type MatrixStage, openStage } from '@keyward/tests/matrix/matrix-stage';
import { peopleOf } from '@keyward/tests/matrix/people';
import { prepareRow } from '@keyward/tests/matrix/prepare-row';
import type { Place, RouteRow } from '@keyward/tests/matrix/route-row';
import { routeRows } from '@keyward/tests/matrix/route-rows';
import { rowName } from '@keyward/tests/matrix/row-name';
import { afterAll, beforeAll, expect, it } from 'vitest';

type CallerOfRow = Pick<Credential, 'caller' | 'person'>;

const rows = routeRows.map((row) => [rowName(row), row] as const);

describeOtherStacks('every management route', (stack) => {
  const own = new AsyncDisposableStack();
  let stage: MatrixStage;
  let place: Place;
  let people: Credential[];

  beforeAll(async () => {
    stage = own.use(await openStage(await stack.url()));
    place = await stage.newPlace();
    people = await peopleOf(place, stage.platform);
  });
  afterAll(() => own.disposeAsync());

  /** Somebody of each kind that may call it, as whoever may do most. */
  async function callersOf({ route: { access }, needsOwnPeople }: RouteRow): Promise<CallerOfRow[]> {
    const nobody = { url: stage.platform.adminUrl, headers: {} };
    if (access.of === 'nobody') return [{ caller: nobody }];
    const persons = needsOwnPeople ? await peopleOf(place, stage.platform) : people;
    const person = persons.filter(({ mayCall }) => mayCall(access)).slice(-1);
    return 'serverKey' in access ? [...person, { caller: place.environment }] : person;
  }

  it.each(rows)('answers %s to those who may call it', async (_, row) => {
    const callers = await callersOf(row);
    expect(callers.length).toBeGreaterThan(0);
    for (const { caller, person } of callers) {
      const { status, body } = await askRoute(caller, row.route, await prepareRow(row, place, person));
      expect([200, 201, 202], JSON.stringify(body)).toContain(status);
    }
  });
});
