import { answersEtag } from '@keyward/contract/answers-etag';
import { managementRoutes } from '@keyward/contract/management-routes';
import type { Route } from '@keyward/contract/routes/route';
import { describeRealStack } from '@keyward/tests/backends/describe-backends';
import { askRoute } from '@keyward/tests/matrix/ask-route';
import type { Credential } from '@keyward/tests/matrix/credential';
import { databaseSnapshot } from '@keyward/tests/matrix/database-snapshot';
import { type MatrixStage, openStage } from '@keyward/tests/matrix/matrix-stage';
import { peopleOf } from '@keyward/tests/matrix/people';
import { prepareRow } from '@keyward/tests/matrix/prepare-row';
import type { Asked, Place, RouteRow } from '@keyward/tests/matrix/route-row';
import { routeRows } from '@keyward/tests/matrix/route-rows';
import { routeName, rowName } from '@keyward/tests/matrix/row-name';
import type { Caller } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const changes = routeRows.filter(({ route: { method } }) => method !== 'GET' && method !== 'POST');
const tags = managementRoutes.filter(answersEtag);
const named = (rows: readonly RouteRow[]) => rows.map((row) => [rowName(row), row] as const);

/** The route that reads what this one changes, or what that is a part of. */
function tagOf({ url }: Route): Route | undefined {
  return tags.find((tag) => url === tag.url || url.startsWith(`${tag.url}/`));
}

describe('the matrix of If-Match', () => {
  it('knows what each change is of, or why it has no entity tag', () => {
    for (const row of changes)
      expect([row.untagged !== undefined, rowName(row)]).toEqual([!tagOf(row.route), rowName(row)]);
  });
});

describeRealStack('a change', (stack) => {
  const own = new AsyncDisposableStack();
  let stage: MatrixStage;
  let people: Credential[];

  beforeAll(async () => {
    stage = own.use(await openStage(await stack.url()));
    people = await peopleOf(await stage.newPlace(), stage.platform);
  });
  afterAll(() => own.disposeAsync());
  afterAll(() => void process.stdout.write(`If-Match matrix: ${changes.length} rows\n`));

  /** The call of an owner who is signed in, and may do everything. */
  async function prepared(row: RouteRow): Promise<{ asked: Asked; owner: Caller }> {
    const place: Place = await stage.newPlace();
    const { caller, person } = (row.needsOwnPeople ? await peopleOf(place, stage.platform) : people).at(-1) ?? {};
    if (!caller) throw new Error('there are no people');
    return { asked: await prepareRow(row, place, person), owner: caller };
  }

  async function expectRefused(
    owner: Caller,
    { route, asked, ifMatch }: { route: Route; asked: Asked; ifMatch: string },
  ) {
    const before = await databaseSnapshot(stage.database);
    const answer = await askRoute(matching(owner, ifMatch), route, asked);
    expect(answer).toMatchObject({ status: 412, body: { error: 'PRECONDITION_FAILED' } });
    expect(await databaseSnapshot(stage.database)).toEqual(before);
  }

  it.each(named(tags.flatMap((route) => routeRows.filter((row) => row.route === route))))(
    'may name what %s answers',
    async (_, row) => {
      const { asked, owner } = await prepared(row);
      expect((await askRoute(owner, row.route, asked)).headers.get('etag')).toMatch(/^"[\w-]{22}"$/);
    },
  );

  it.each(named(changes.filter(({ untagged }) => untagged === undefined)))(
    'by %s is made of what is there, and of nothing else',
    async (_, row) => {
      const { route } = row;
      const { asked, owner } = await prepared(row);
      const tag = tagOf(route);
      if (!tag) throw new Error(`nothing reads what ${routeName(route)} changes`);
      const current = await askRoute(owner, tag, ofResource(asked));
      const ifMatch = current.headers.get('etag') ?? '';
      await expectRefused(owner, { route, asked, ifMatch: '"of-something-else-alto"' });
      const { status, body } = await askRoute(matching(owner, ifMatch), route, asked);
      expect([200, 202], JSON.stringify(body)).toContain(status);
      // What is gone has no state to be another one.
      if (route.method !== 'DELETE') await expectRefused(owner, { route, asked, ifMatch });
    },
  );

  it.each(named(changes.filter(({ untagged }) => untagged !== undefined)))(
    'by %s, which nobody can have read, is not made for a tag',
    async (_, row) => {
      const { route } = row;
      const { asked, owner } = await prepared(row);
      await expectRefused(owner, { route, asked, ifMatch: '"of-something-else-alto"' });
      expect(await askRoute(matching(owner, '*'), route, asked)).toMatchObject({ status: 200 });
    },
  );
});

const matching = (caller: Caller, ifMatch: string): Caller => ({
  ...caller,
  headers: { ...caller.headers, 'if-match': ifMatch },
});

/** The same resource; what else the change says of it is its own. */
function ofResource({ params = {}, query: { project_env } = {} }: Asked): Asked {
  return { params, query: project_env === undefined ? {} : { project_env } };
}
