import { type RawBuilder, sql } from 'kysely';
import { buckets } from '../latency-histogram.ts';
import type { Database } from './database.ts';
import { dayOf } from './event-partitions.ts';

/** What counts can be told apart by, in the order of the index. */
const columns = { client: 'client_id', key: 'key_id', endpoint: 'endpoint', verdict: 'verdict' } as const;
export type UsageGroup = keyof typeof columns;
const allGroups = ['client', 'key', 'endpoint', 'verdict'] as const satisfies UsageGroup[];

/** null: of requests without a known key; undefined: not told apart by this. */
type GroupValues = { [group in UsageGroup]?: string | null };

/** A row's place in the order of the report. */
export interface UsagePlace extends GroupValues {
  startMs: number;
}

export interface UsageSums extends UsagePlace {
  count: number;
  success: number;
  cost: number;
  durationUs: number;
  /** As of latency-histogram.ts. */
  durations: number[];
}

export interface UsagePart {
  environmentId: string;
  interval: 'hour' | 'day';
  groupBy: readonly UsageGroup[];
  /** When the first interval begins, and when the last one ends. */
  fromMs: number;
  toMs: number;
  filter: { [group in UsageGroup]?: string | undefined };
  /** The row that the part before ended with. */
  after: UsagePlace | undefined;
  limit: number;
}

/** A table of counts, and how its time is read. */
interface Source {
  table: RawBuilder<unknown>;
  time: RawBuilder<unknown>;
  bound(atMs: number): RawBuilder<unknown>;
  /** What a row is summed up under. */
  start: RawBuilder<unknown>;
  begin(atMs: number): RawBuilder<unknown>;
}

/**
 * Counts summed up by interval and group, in the order of both; groups without a known key come last in their interval. Days are
 * read from where they are whole: the roll-up, and the hours of those that are not rolled up yet. Intervals without counts are left out.
 */
export async function readUsage(db: Database, part: UsagePart): Promise<UsageSums[]> {
  const { interval, toMs, limit } = part;
  const fromMs = Math.max(part.fromMs, part.after?.startMs ?? part.fromMs);
  if (interval === 'hour') return readFrom(db, hours, { ...part, fromMs });
  const rolledUpMs = await rolledUpUntilMs(db);
  const before = await readFrom(db, days, { ...part, fromMs, toMs: Math.min(toMs, rolledUpMs) });
  if (before.length === limit) return before;
  const rest = { ...part, fromMs: Math.max(fromMs, rolledUpMs), limit: limit - before.length };
  return [...before, ...(await readFrom(db, daysOfHours, rest))];
}

const timestamp = (atMs: number) => sql`${new Date(atMs)}::timestamptz`;
const date = (atMs: number) => sql`${dayOf(atMs)}::date`;
const hour = sql.ref('hour');
const day = sql.ref('day');
const hours: Source = { table: sql.table('usage_hour'), time: hour, bound: timestamp, start: hour, begin: timestamp };
const daysOfHours: Source = { ...hours, start: sql`(hour at time zone 'UTC')::date`, begin: date };
const days: Source = { table: sql.table('usage_day'), time: day, bound: date, start: day, begin: date };

async function rolledUpUntilMs(db: Database): Promise<number> {
  const query = db.selectFrom('usage_rolled_up').select(sql<string>`until::text`.as('until'));
  const row = await query.executeTakeFirst();
  return row ? Date.parse(row.until) : 0;
}

async function readFrom(db: Database, source: Source, part: UsagePart): Promise<UsageSums[]> {
  const { environmentId, fromMs, toMs, after, limit } = part;
  if (fromMs >= toMs) return [];
  const groups = allGroups.filter((group) => part.groupBy.includes(group));
  const grouped = groups.map((group) => sql`${sql.ref(columns[group])} as ${sql.id(group)}`);
  const order = sql.join([source.start, ...groups.map((group) => sql.ref(columns[group]))]);
  const conditions = [
    sql`environment_id = ${environmentId}`,
    sql`${source.time} >= ${source.bound(fromMs)} and ${source.time} < ${source.bound(toMs)}`,
    ...filtersOf(part),
    ...(after ? [isAfter(source, groups, after)] : []),
  ];
  const { rows } = await sql<UsageSums>`
    select ${sql.join([sql`(extract(epoch from ${source.start}) * 1000)::float8 as "startMs"`, ...grouped])},
      sum(count)::float8 as count,
      coalesce(sum(count) filter (where verdict = 'ALLOWED'), 0)::float8 as success,
      sum(cost)::float8 as cost, sum(duration_us)::float8 as "durationUs", ${durations} as durations
    from ${source.table} where ${sql.join(conditions, sql` and `)}
    group by ${order} order by ${order} limit ${limit}`.execute(db);
  return rows;
}

/** Bucket by bucket, which costs no more rows; an array that is shorter has nothing in the others. */
const durations = sql`array[${sql.join(
  Array.from({ length: buckets }, (_, i) => sql`coalesce(sum(durations[${sql.lit(i + 1)}]), 0)`),
)}]::float8[]`;

function filtersOf({ filter }: UsagePart): RawBuilder<unknown>[] {
  return allGroups.flatMap((group) => {
    const value = filter[group];
    return value === undefined ? [] : [sql`${sql.ref(columns[group])} = ${value}`];
  });
}

/** As a comparison of rows, but that null comes after everything else. */
function isAfter(source: Source, groups: readonly UsageGroup[], after: UsagePlace): RawBuilder<unknown> {
  const start = source.begin(after.startMs);
  return sql`(${source.start} > ${start} or (${source.start} = ${start} and ${isGroupAfter(groups, after)}))`;
}

function isGroupAfter([group, ...rest]: readonly UsageGroup[], after: UsagePlace): RawBuilder<unknown> {
  if (group === undefined) return sql`false`;
  const column = sql.ref(columns[group]);
  const value = after[group] ?? null;
  const deeper = isGroupAfter(rest, after);
  if (value === null) return sql`(${column} is null and ${deeper})`;
  return sql`(${column} > ${value} or ${column} is null or (${column} = ${value} and ${deeper}))`;
}
