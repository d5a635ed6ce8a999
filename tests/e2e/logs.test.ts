import { newId } from '@keyward/kit/random';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import type { RequestLogRow } from '@keyward/stores/postgres/request-logs';
import { describeStacks } from '@keyward/tests/backends/describe-backends';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { newMember } from '@keyward/tests/platform/new-person';
import { newClient, runPlatform, type TestEnvironment, type TestPlatform } from '@keyward/tests/platform/run-platform';
import { call, validatePlain } from '@keyward/tests/platform/wire-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logPartitions, newestFirst, randomLines } from '../stores/sample-lines.ts';
import { pick, seeded } from '../stores/seeded.ts';

const dayMs = 86_400_000;
/** Days that ingest neither makes nor drops. */
const fromMs = (Math.floor(Date.now() / dayMs) + 100) * dayMs;

describeStacks('logs and usage', (stack) => {
  const draw = seeded(3);
  const own = new AsyncDisposableStack();
  let platform: TestPlatform;
  let db: Database;
  let environment: TestEnvironment;
  let other: TestEnvironment;
  let organizationId: string;
  let environmentId: string;
  let lines: RequestLogRow[];
  let foreign: RequestLogRow;

  beforeAll(async () => {
    const urls = await stack.url();
    platform = own.use(await runPlatform(urls));
    db = own.use(await openDatabase(urls.postgres)).db;
    environment = await platform.newEnvironment();
    other = await platform.newEnvironment();
    const idOf = async ({ projectEnv }: TestEnvironment) =>
      (await call(platform.owner, 'GET', `/project/${projectEnv}`)).body;
    const { team, env } = await idOf(environment);
    organizationId = team.id;
    environmentId = env.id;
    const environments = [environmentId, (await idOf(other)).env.id];
    const made = randomLines(draw, { environments, count: 400, fromMs, days: 2 });
    await logPartitions(db, fromMs, 2);
    await db.insertInto('request_log').values(made).execute();
    lines = made.filter((line) => line.environment_id === environmentId).toSorted(newestFirst);
    foreign = made.find((line) => line.environment_id !== environmentId) ?? pick(draw, made);
    const counts = lines.map(({ client_id, key_id, endpoint, verdict, cost, duration_us }, i) => {
      const hour = new Date(fromMs + i * 3_600_000);
      const sums = { cost: verdict === 'ALLOWED' ? cost : 0, duration_us, count: 1, durations: [0, 1] };
      return { environment_id: environmentId, hour, client_id, key_id, endpoint, verdict, ...sums };
    });
    await db.insertInto('usage_hour').values(counts).execute();
  });
  afterAll(() => own.disposeAsync());

  const logs = (query: string, caller: Parameters<typeof call>[0] = environment, { projectEnv } = environment) =>
    call(caller, 'GET', `/project/${projectEnv}/logs?${query}`);
  const ids = (found: readonly RequestLogRow[]) => found.map((line) => line.event_id);
  const shown = (answer: Awaited<ReturnType<typeof call>>) =>
    answer.body.data.map((line: { eventId: string }) => line.eventId);

  describe('of single requests', () => {
    it('tell of each what is known, newest first', async () => {
      const [line] = lines;
      const { status, body } = await logs('limit=1');
      expect(status).toBe(200);
      expect(body).toEqual({
        data: [
          {
            eventId: line?.event_id,
            at: line?.decided_at.toISOString(),
            clientId: line?.client_id,
            keyId: line?.key_id,
            code: line?.verdict,
            status: line?.verdict === 'ALLOWED' ? 'success' : 'error',
            endpoint: line?.endpoint,
            methodPath: line?.method_path,
            name: line?.name,
            ip: line?.ip,
            userAgent: line?.user_agent,
            durationMs: (line?.duration_us ?? 0) / 1_000,
            cost: line?.cost,
            degraded: line?.degraded,
            tracked: true,
          },
        ],
        nextCursor: expect.stringMatching(/^[\w-]+$/),
      });
    });

    it('are all of them, each once, in pages', async () => {
      const found: string[] = [];
      for (let cursor = ''; ; ) {
        const answer = await logs(`limit=40${cursor}`);
        found.push(...shown(answer));
        if (answer.body.nextCursor === null) break;
        cursor = `&cursor=${answer.body.nextCursor}`;
      }
      expect(found).toEqual(ids(lines));
    });

    it('are found by each filter', async () => {
      const line = lines.find(({ ip }) => ip?.includes(':')) ?? pick(draw, lines);
      const at = line.decided_at.toISOString();
      const filters: [string, (each: RequestLogRow) => boolean][] = [
        [`clientId=${line.client_id.toUpperCase()}`, (each) => each.client_id === line.client_id],
        [`keyId=${line.key_id}`, (each) => each.key_id === line.key_id],
        ['endpoint=get:::/users//7/?a=1', (each) => each.endpoint === 'GET:/users/{id}'],
        ['endpoint=GET:/users', (each) => each.endpoint === 'GET:/users'],
        ['status=success', (each) => each.verdict === 'ALLOWED'],
        ['status=error', (each) => each.verdict !== 'ALLOWED'],
        ['code=RATE_LIMITED', (each) => each.verdict === 'RATE_LIMITED'],
        ['ip=2001:DB8:0::7', (each) => each.ip === '2001:db8::7'],
        ['ip=::ffff:203.0.113.7', (each) => each.ip === '203.0.113.7'],
        [`from=${at}`, (each) => each.decided_at >= line.decided_at],
        [`to=${at}`, (each) => each.decided_at < line.decided_at],
        [`from=0100-01-01T00:00:00Z&to=9999-12-31T23:59:59-23:00&ip=${line.ip}`, (each) => each.ip === line.ip],
        ['status=success&code=REVOKED', () => false],
      ];
      for (const [query, isFound] of filters) {
        const answer = await logs(`limit=100&${query.replaceAll('+', '%2B')}`);
        expect({ query, status: answer.status }).toEqual({ query, status: 200 });
        expect({ query, found: shown(answer) }).toEqual({ query, found: ids(lines.filter(isFound)).slice(0, 100) });
      }
    });

    it.each([
      'clientId=1',
      'keyId=x',
      'endpoint=users',
      'status=fine',
      'code=NOPE',
      'ip=10.0.0.0/8',
      'ip=fe80::1%25eth0',
      'from=yesterday',
      'from=2026-02-30T00:00:00Z',
      'to=2026-01-01',
      'limit=0',
      'limit=101',
      'cursor=!',
      'cursor=e30',
      'colour=red',
      'from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z',
    ])('refuse %s and name it', async (query) => {
      const path = `/${query.split('=')[0]}`;
      expect(await logs(query)).toMatchObject({ status: 400, body: { error: 'INVALID_INPUT', errors: [{ path }] } });
    });

    it('refuse a cursor that was changed by one character', async () => {
      const { nextCursor: cursor } = (await logs('limit=1')).body;
      for (const spoilt of [`${cursor}A`, `${cursor}=`, cursor.slice(1), `${cursor.slice(0, 3)}.${cursor.slice(3)}`])
        expect(await logs(`cursor=${spoilt}`)).toMatchObject({ status: 400, body: { errors: [{ path: '/cursor' }] } });
    });

    it('are for those who may read the environment, who see of others nothing', async () => {
      const viewer = await newMember(db, platform, { organizationId, role: 'viewer' });
      for (const caller of [viewer, platform.owner])
        expect(shown(await logs('limit=3', caller))).toEqual(ids(lines.slice(0, 3)));
      for (const query of [`clientId=${foreign.client_id}`, `keyId=${foreign.key_id}`])
        expect((await logs(query)).body).toEqual({ data: [], nextCursor: null });
      const plain = ({ status, body }: Awaited<ReturnType<typeof call>>) => ({ status, ...body, requestId: '' });
      const unknown = await logs('', environment, { ...other, projectEnv: 'no-such' });
      expect(unknown.status).toBe(404);
      expect(plain(await logs('', environment, other))).toEqual(plain(unknown));
      expect((await logs('', { url: platform.url, headers: {} })).status).toBe(401);
    });
  });

  it('show a call once it is counted', async () => {
    const fresh = await platform.newEnvironment();
    const client = await newClient(fresh);
    await validatePlain(fresh, { key: client.key, methodPath: 'GET:/users/7?token=x' });
    const found = async () => (await logs('', fresh, fresh)).body.data;
    await waitUntil(async () => (await found()).length > 0, { what: 'the line', timeoutMs: 20_000 });
    expect(await found()).toMatchObject([
      {
        ...{ clientId: client.id, keyId: client.keyId, code: 'ALLOWED', status: 'success', cost: 1, degraded: false },
        ...{ endpoint: 'GET:/users/{id}', methodPath: 'GET:/users/7', name: 'e2e', userAgent: 'wire-client' },
      },
    ]);
    const { body } = await call(fresh, 'GET', '/usage?interval=hour&groupBy=client,endpoint');
    const counts = { clientId: client.id, endpoint: 'GET:/users/{id}', count: 1, success: 1, error: 0, cost: 1 };
    expect(body.data).toMatchObject([counts]);
    expect(body.data[0].p50Ms).toBeGreaterThan(0);
  });

  describe('of usage', () => {
    const usage = (query: string, caller: Parameters<typeof call>[0] = environment) =>
      call(caller, 'GET', `/usage?${query}`);
    const at = (hours: number) => new Date(fromMs + hours * 3_600_000).toISOString();

    it('sum up hours and days, by what is asked for', async () => {
      const { body } = await usage(`interval=hour&groupBy=verdict,key,client,endpoint&from=${at(0)}&to=${at(2)}`);
      const rows = lines.slice(0, 2).map((line, i) => ({
        start: at(i),
        clientId: line.client_id,
        keyId: line.key_id,
        endpoint: line.endpoint,
        code: line.verdict,
        count: 1,
        success: line.verdict === 'ALLOWED' ? 1 : 0,
        error: line.verdict === 'ALLOWED' ? 0 : 1,
        cost: line.verdict === 'ALLOWED' ? line.cost : 0,
        avgDurationMs: line.duration_us / 1_000,
        p50Ms: 0.096,
        p99Ms: 0.127,
      }));
      expect(body).toEqual({ data: rows, nextCursor: null });
      const days = await usage(`from=${at(1)}&to=${at(25)}`);
      const countsOf = (answer: typeof days) =>
        answer.body.data.map(({ start, count }: Record<string, unknown>) => [start, count]);
      expect(countsOf(days)).toEqual([
        [at(0), 24],
        [at(24), 24],
      ]);
      const first = await usage(`from=${at(0)}&to=${at(48)}&limit=1`);
      expect(countsOf(first)).toEqual([[at(0), 24]]);
      const second = await usage(`from=${at(0)}&to=${at(48)}&limit=1&cursor=${first.body.nextCursor}`);
      expect(countsOf(second)).toEqual([[at(24), 24]]);
      expect(second.body.nextCursor).toBeNull();
    });

    it('show requests without a known key as of nobody', async () => {
      const row = {
        environment_id: environmentId,
        client_id: null,
        key_id: null,
        endpoint: null,
        verdict: 'INVALID_KEY',
      };
      const sums = { count: 7, cost: 0, duration_us: 0 };
      await db
        .insertInto('usage_hour')
        .values({ ...row, ...sums, hour: at(-24) })
        .execute();
      const { body } = await usage(`interval=hour&groupBy=client,key,endpoint,verdict&from=${at(-24)}&to=${at(-23)}`);
      const nobody = { clientId: null, keyId: null, endpoint: null, code: 'INVALID_KEY' };
      expect(body.data).toEqual([
        {
          start: at(-24),
          ...nobody,
          count: 7,
          success: 0,
          error: 7,
          cost: 0,
          avgDurationMs: 0,
          p50Ms: null,
          p99Ms: null,
        },
      ]);
    });

    it.each([
      ['interval=week', 'interval'],
      ['groupBy=colour', 'groupBy'],
      ['groupBy=client,', 'groupBy'],
      ['from=2026-01-01', 'from'],
      ['interval=hour&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:01Z', 'from'],
      ['from=2020-01-01T00:00:00Z', 'from'],
      ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'from'],
      ['clientId=1', 'clientId'],
      ['endpoint=users', 'endpoint'],
      ['code=NOPE', 'code'],
      ['limit=1001', 'limit'],
      ['page=1', 'page'],
      [`cursor=${Buffer.from('{"startMs":0,"endpoint":"\\u0000"}').toString('base64url')}&groupBy=endpoint`, 'cursor'],
      [`cursor=${Buffer.from('{"startMs":0}').toString('base64url')}&groupBy=endpoint`, 'cursor'],
    ])('refuse %s', async (query, name) => {
      const { status, body } = await usage(query);
      expect({ status, errors: body.errors }).toMatchObject({ status: 400, errors: [{ path: `/${name}` }] });
    });

    it('answer for the last days when nothing is said, and for nobody else', async () => {
      expect(await usage('')).toMatchObject({ status: 200, body: { data: [] } });
      expect(await usage('interval=hour')).toMatchObject({ status: 200, body: { data: [] } });
      for (const interval of ['hour', 'day'])
        expect((await usage(`interval=${interval}&from=9999-12-31T23:59:59Z`)).body.data).toEqual([]);
      const period = `from=${at(0)}&to=${at(48)}`;
      expect((await usage(period, other)).body.data).toEqual([]);
      expect((await usage(`${period}&clientId=${newId()}`)).body.data).toEqual([]);
      expect((await usage(`${period}&project_env=${other.projectEnv}`)).status).toBe(404);
      expect((await usage(period, platform.owner)).body.errors).toMatchObject([{ path: '/project_env' }]);
    });
  });
});
