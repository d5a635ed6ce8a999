import { newId } from '@keyward/kit/random';
import { addHistogram } from '@keyward/stores/latency-histogram';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { migrate } from '@keyward/stores/postgres/migrate';
import { readUsage, type UsageGroup, type UsagePart, type UsageSums } from '@keyward/stores/postgres/usage-report';
import { describePostgresBackends } from '@keyward/tests/backends/describe-backends';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pick, seeded } from './seeded.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const beginMs = Date.UTC(2026, 9, 30);
const days = 6;
const rolledUpDays = 3;
const columns = { client: 'client_id', key: 'key_id', endpoint: 'endpoint', verdict: 'verdict' } as const;
const groups = ['client', 'key', 'endpoint', 'verdict'] as const;
type Asked = Omit<UsagePart, 'environmentId' | 'after' | 'limit'>;

describePostgresBackends('usage', (backend) => {
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let db: Database;
  const draw = seeded(5);
  const [environmentId, other] = [newId(), newId()];
  const owners = [
    ...Array.from({ length: 5 }, () => ({ client_id: newId(), key_id: newId() })),
    { client_id: null, key_id: null },
  ];
  /** All that was counted, by the hour. */
  const counted = [environmentId, environmentId, other].flatMap((environment_id, round) =>
    Array.from({ length: 500 }, (_, i) => {
      const owner = pick(draw, owners);
      const verdict = owner.client_id === null ? 'INVALID_KEY' : pick(draw, ['ALLOWED', 'RATE_LIMITED']);
      const endpoint =
        owner.client_id === null ? null : `GET:/${pick(draw, ['a', 'B', 'ä', '{id}'])}/${round}/${i % 7}`;
      const durations = Array.from({ length: draw(17) }, () => draw(5));
      const atMs = beginMs + draw(days * 24) * hourMs;
      const sums = { count: draw(50), duration_us: draw(9_000), cost: verdict === 'ALLOWED' ? draw(90) : 0, durations };
      return { environment_id, ...owner, verdict, endpoint, atMs, ...sums };
    }),
  );
  const unique = [
    ...new Map(
      counted.map((row) => {
        const { environment_id, client_id, key_id, endpoint, verdict, atMs } = row;
        return [[environment_id, atMs, client_id, key_id, endpoint, verdict].join(), row];
      }),
    ).values(),
  ];
  type Row = (typeof unique)[number];

  beforeAll(async () => {
    opened = await openDatabase(await backend.url());
    db = opened.db;
    await migrate(db);
    const untilMs = beginMs + rolledUpDays * dayMs;
    // What is rolled up is gone from the hours, but for the last of those days: then it must not be counted twice.
    const hours = unique.filter(({ atMs }) => atMs >= untilMs - dayMs);
    const ofHours = hours.map(({ atMs, ...row }) => ({ ...row, hour: new Date(atMs) }));
    await db.insertInto('usage_hour').values(ofHours).execute();
    const rolledUp = sumUp(
      unique.filter(({ atMs }) => atMs < untilMs),
      { interval: 'day', groupBy: groups },
    );
    const ofDays = rolledUp.map(({ startMs, success: _, durationUs, client, key, endpoint, verdict, ...row }) => ({
      ...row,
      environment_id: environmentId,
      day: new Date(startMs).toISOString().slice(0, 10),
      client_id: client ?? null,
      key_id: key ?? null,
      endpoint: endpoint ?? null,
      verdict: verdict ?? '',
      duration_us: durationUs,
    }));
    await db.insertInto('usage_day').values(ofDays).execute();
    await db
      .insertInto('usage_rolled_up')
      .values({ until: new Date(untilMs).toISOString().slice(0, 10) })
      .execute();
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  /** The same by hand, of this environment. */
  function sumUp(rows: readonly Row[], { interval, groupBy }: Pick<Asked, 'interval' | 'groupBy'>): UsageSums[] {
    const sums = new Map<string, UsageSums>();
    const step = interval === 'hour' ? hourMs : dayMs;
    for (const row of rows) {
      if (row.environment_id !== environmentId) continue;
      const place = {
        startMs: Math.floor(row.atMs / step) * step,
        ...Object.fromEntries(groupBy.map((group) => [group, row[columns[group]]])),
      };
      const sum = sums.get(JSON.stringify(place)) ?? {
        ...place,
        ...{ count: 0, success: 0, cost: 0, durationUs: 0, durations: Array.from({ length: 16 }, () => 0) },
      };
      sum.count += row.count;
      if (row.verdict === 'ALLOWED') sum.success += row.count;
      sum.cost += row.cost;
      sum.durationUs += row.duration_us;
      addHistogram(sum.durations, row.durations);
      sums.set(JSON.stringify(place), sum);
    }
    return [...sums.values()];
  }

  const expected = ({ fromMs, toMs, filter, ...asked }: Asked) =>
    sumUp(
      unique.filter(
        (row) =>
          row.atMs >= fromMs &&
          row.atMs < toMs &&
          groups.every((group) => filter[group] === undefined || row[columns[group]] === filter[group]),
      ),
      asked,
    );

  async function walk(asked: Asked, limit: number): Promise<UsageSums[]> {
    const found: UsageSums[] = [];
    for (let after: UsageSums | undefined; ; after = found.at(-1)) {
      const part = await readUsage(db, { ...asked, environmentId, after, limit });
      found.push(...part);
      if (part.length < limit) return found;
    }
  }

  const inOrder = (rows: readonly UsageSums[]) =>
    rows.map((row) => JSON.stringify(row, [...groups, ...Object.keys(row).toSorted()])).toSorted();
  const whole = { fromMs: beginMs, toMs: beginMs + days * dayMs, filter: {} };
  const sets: UsageGroup[][] = [[], ['client'], ['key'], ['endpoint'], ['verdict'], ['client', 'verdict'], [...groups]];

  it.each(sets.map((groupBy) => [groupBy.join() || 'nothing', groupBy] as const))(
    'is summed up by the day and by %s, of the roll-up and of the hours after it',
    async (_, groupBy) => {
      const asked: Asked = { ...whole, interval: 'day', groupBy };
      const all = await walk(asked, 10_000);
      expect(all.length).toBeGreaterThanOrEqual(days);
      expect(inOrder(all)).toEqual(inOrder(expected(asked)));
      expect(all.map((row) => row.startMs)).toEqual(all.map((row) => row.startMs).toSorted((a, b) => a - b));
      expect(await walk(asked, 3)).toEqual(all);
    },
  );

  it.each(sets.map((groupBy) => [groupBy.join() || 'nothing', groupBy] as const))(
    'is summed up by the hour and by %s, in pages of any length',
    async (_, groupBy) => {
      const asked: Asked = { ...whole, fromMs: beginMs + rolledUpDays * dayMs, interval: 'hour', groupBy };
      const all = await walk(asked, 10_000);
      expect(all.length).toBeGreaterThan(50);
      expect(inOrder(all)).toEqual(inOrder(expected(asked)));
      expect(await walk(asked, 4)).toEqual(all);
    },
  );

  it('is found by any filters together', async () => {
    let found = 0;
    for (let i = 0; i < 40; i += 1) {
      const row = pick(
        draw,
        unique.filter((each) => each.environment_id === environmentId),
      );
      const filter: Asked['filter'] = {};
      for (const group of groups) if (draw(2) === 0) filter[group] = row[columns[group]] ?? undefined;
      const [fromMs, toMs] = [beginMs + draw(3) * dayMs, beginMs + (3 + draw(4)) * dayMs];
      const asked: Asked = { interval: 'day', groupBy: pick(draw, sets), fromMs, toMs, filter };
      const all = expected(asked);
      found += all.length;
      expect(inOrder(await walk(asked, 1 + draw(9)))).toEqual(inOrder(all));
    }
    expect(found).toBeGreaterThan(100);
  });
});
