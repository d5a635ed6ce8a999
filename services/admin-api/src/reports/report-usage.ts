import { Id, Nullable } from '@keyward/contract/fields';
import type { UsageQuery, UsageRow } from '@keyward/contract/routes/usage';
import { endpointOf } from '@keyward/decision/endpoint-path';
import { compileValidator } from '@keyward/kit/validation';
import { percentileUs } from '@keyward/stores/latency-histogram';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { readUsage, type UsageGroup, type UsagePlace, type UsageSums } from '@keyward/stores/postgres/usage-report';
import Type from 'typebox';
import type { Administration } from '../administration.ts';
import { InputCheck } from '../input.ts';
import { readSettings } from '../projects/settings.ts';
import { cutPart, readCursor } from './cursor.ts';
import { readPeriod } from './period.ts';
import { readInTime } from './read-in-time.ts';
import { viewStats } from './stats-view.ts';

const hourMs = 3_600_000;
const intervals = {
  hour: { ms: hourMs, usual: 24, max: 31 * 24 },
  day: { ms: 24 * hourMs, usual: 30, max: 731 },
};
const groups = ['client', 'key', 'endpoint', 'verdict'] as const satisfies UsageGroup[];
const fields = { client: 'clientId', key: 'keyId', endpoint: 'endpoint', verdict: 'code' } as const;
const place = {
  startMs: Type.Integer({ minimum: 0, maximum: 253_402_300_799_999 }),
  client: Nullable(Id),
  key: Nullable(Id),
  endpoint: Nullable(Type.String({ pattern: '^[^\\u0000]*$' })),
  verdict: Type.String({ pattern: '^[A-Z_]{1,40}$' }),
};

/** What was counted of an environment's requests, oldest first, and within an hour or day by the groups' values. */
export async function reportUsage(
  { db, clock }: Administration,
  environment: EnvironmentRow,
  { limit = 100, ...query }: UsageQuery,
): Promise<{ data: UsageRow[]; nextCursor: string | null }> {
  const { interval = 'day', clientId: client, keyId: key, endpoint, code: verdict } = query;
  const groupBy = groups.filter((group) => query.groupBy?.split(',').includes(group));
  const check = new InputCheck();
  const period = periodOf(check, query, clock.nowMs());
  const after: UsagePlace | undefined = readCursor(check, query.cursor, placeShape(groupBy));
  check.done();
  const spelt = endpoint && endpointOf(endpoint, readSettings(environment).settings);
  const filter = { client, key, endpoint: spelt, verdict };
  const part = { environmentId: environment.id, interval, groupBy, ...period, filter, after, limit: limit + 1 };
  const rows = await readInTime(db, (transaction) => readUsage(transaction, part));
  const { shown, nextCursor } = cutPart(rows, limit, (row) => placeOf(row, groupBy));
  return { data: shown.map((row) => viewRow(row, groupBy)), nextCursor };
}

/** Whole hours or days: that of `from`, and all that begin before `to`. */
function periodOf(check: InputCheck, query: UsageQuery, nowMs: number): { fromMs: number; toMs: number } {
  const { ms, usual, max } = intervals[query.interval ?? 'day'];
  const given = readPeriod(check, query);
  const toMs = Math.ceil((given.toMs ?? Math.max(nowMs + 1, (given.fromMs ?? 0) + 1)) / ms) * ms;
  const fromMs = given.fromMs === undefined ? toMs - usual * ms : Math.floor(given.fromMs / ms) * ms;
  if (toMs - fromMs > max * ms) check.fault('/from', `must be at most ${max} ${query.interval ?? 'day'}s before to`);
  return { fromMs: Math.max(fromMs, 0), toMs };
}

function placeShape(groupBy: readonly UsageGroup[]) {
  const { startMs } = place;
  const ofGroups = Object.fromEntries(groupBy.map((group) => [group, place[group]]));
  return compileValidator(Type.Object({ startMs, ...ofGroups }, { additionalProperties: false }));
}

function placeOf(row: UsageSums, groupBy: readonly UsageGroup[]): UsagePlace {
  return { startMs: row.startMs, ...Object.fromEntries(groupBy.map((group) => [group, row[group]])) };
}

function viewRow(row: UsageSums, groupBy: readonly UsageGroup[]): UsageRow {
  const { startMs, count, success, cost, durationUs, durations } = row;
  const { total, ...stats } = viewStats({ success, error: count - success, durationUs });
  return {
    start: new Date(startMs).toISOString(),
    ...Object.fromEntries(groupBy.map((group) => [fields[group], row[group]])),
    count: total,
    ...stats,
    cost,
    p50Ms: percentileMs(durations, 0.5),
    p99Ms: percentileMs(durations, 0.99),
  };
}

function percentileMs(durations: readonly number[], share: number): number | null {
  const us = percentileUs(durations, share);
  return us === undefined ? null : Math.round(us) / 1_000;
}
