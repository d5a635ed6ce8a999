import { internalHeaders } from '@keyward/contract/internal-headers';
import { newId } from '@keyward/kit/random';
import { verifyAudit } from '@keyward/stores/postgres/verify-audit';
import { describeRealStack } from '@keyward/tests/backends/describe-backends';
import { askRoute } from '@keyward/tests/matrix/ask-route';
import { actingIn } from '@keyward/tests/matrix/credential';
import { type MatrixStage, openStage } from '@keyward/tests/matrix/matrix-stage';
import { prepareRow } from '@keyward/tests/matrix/prepare-row';
import { routeRows } from '@keyward/tests/matrix/route-rows';
import { rowName } from '@keyward/tests/matrix/row-name';
import { newMember } from '@keyward/tests/platform/new-person';
import type { Caller } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** What is a person's alone is in no organization's chain, unless it is done there. */
const writes = routeRows.filter(
  ({ route }) => route.method !== 'GET' && !['nobody', 'account'].includes(route.access.of),
);

describeRealStack('the audit of every write', (stack) => {
  const own = new AsyncDisposableStack();
  let stage: MatrixStage;

  beforeAll(async () => {
    stage = own.use(await openStage(await stack.url()));
  });
  afterAll(() => own.disposeAsync());
  // The last that is registered runs first.
  afterAll(async () => {
    const { organizationId } = stage.platform;
    expect((await verifyAudit(stage.database.db, { organizationId })).fault).toBeNull();
  });

  /** As the gateway calls: with a request's id of our choice. */
  const asService = ({ headers }: Caller, requestId: string): Caller => ({
    url: stage.platform.adminUrl,
    headers: {
      ...headers,
      [internalHeaders.serviceToken]: stage.platform.secrets.serviceToken,
      [internalHeaders.requestId]: requestId,
    },
  });

  it.each(writes.map((row) => [rowName(row), row] as const))(
    'has who did it, by which request, and what, of %s',
    async (_, row) => {
      const place = await stage.newPlace();
      const { db, organizationId } = place;
      const byPerson = 'role' in row.route.access;
      // One of several: it may be their own membership that the call ends.
      const person = actingIn(await newMember(db, stage.platform, { organizationId, role: 'owner' }), place);
      const requestId = newId();
      const caller = asService(byPerson ? person : place.environment, requestId);
      const answer = await askRoute(caller, row.route, await prepareRow(row, place));
      expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      const found = await db.selectFrom('audit_event').selectAll().where('request_id', '=', requestId).execute();
      expect(found.length).toBeGreaterThan(0);
      for (const record of found) {
        expect(record).toMatchObject({
          outcome: 'done',
          actor_kind: byPerson ? 'user' : 'server-key',
          actor_id: expect.any(String),
          action: expect.stringMatching(/^[a-z-]+\.[a-z-]+$/),
          subject_id: expect.any(String),
        });
      }
      const text = JSON.stringify(found);
      for (const secret of secretsIn(answer.body)) expect(text).not.toContain(secret);
    },
  );
});

/** Raw keys and secrets in an answer, by the names that they have there. */
function secretsIn(body: unknown): string[] {
  if (typeof body !== 'object' || body === null) return [];
  return Object.entries(body).flatMap(([name, value]) =>
    typeof value === 'string' && /^(key|rawKey|serverKey|signingSecret|secret|token)$/.test(name)
      ? [value]
      : secretsIn(value),
  );
}
