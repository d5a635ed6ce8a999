import { type RawBuilder, sql } from 'kysely';
import { buckets } from '../../latency-histogram.ts';
import type { Database } from '../database.ts';
import { dayOf } from '../event-partitions.ts';
import { asOnlyReplica } from './as-only-replica.ts';

const dayMs = 86_400_000;
/** Beyond the retention of event ids, because the clocks of replicas differ. */
const spareDays = 2;

interface RollUp {
  nowMs: number;
  /** No event that is older is counted any more (EVENT_RETENTION_DAYS). */
  retentionDays: number;
}

/**
 * Sums up the next day that no event can reach any more, hours to a day, in one transaction; answers it, or undefined when there
 * is none, or another replica is at it. Days are told by UTC.
 */
export async function rollUpNextDay(db: Database, { nowMs, retentionDays }: RollUp): Promise<string | undefined> {
  const end = dayOf(nowMs - (retentionDays + spareDays) * dayMs);
  return asOnlyReplica(db, async (transaction) => {
    const day = await nextDay(transaction, end);
    if (day === undefined || day >= end) return undefined;
    for (const environmentId of await environmentsOf(transaction, day)) await sumUp(transaction, day, environmentId);
    await rolledUpUntil(transaction, dayOf(Date.parse(day) + dayMs));
    return day;
  });
}

/** Days before the first hour have nothing to be summed up. */
async function nextDay(db: Database, end: string): Promise<string | undefined> {
  const { rows } = await sql<{ until: string | null }>`select until::text from usage_rolled_up`.execute(db);
  if (rows[0]) return rows[0].until ?? undefined;
  const first = await sql<{ day: string | null }>`
    select (min(hour) at time zone 'UTC')::date::text as day from usage_hour`.execute(db);
  return first.rows[0]?.day ?? end;
}

const withinDay = (day: string) =>
  sql`hour >= ${`${day}T00:00:00Z`}::timestamptz and hour < ${dayAfter(day)}::timestamptz`;
const dayAfter = (day: string) => `${dayOf(Date.parse(day) + dayMs)}T00:00:00Z`;

async function environmentsOf(db: Database, day: string): Promise<string[]> {
  const { rows } = await sql<{ environment_id: string }>`
    select distinct environment_id from usage_hour where ${withinDay(day)}`.execute(db);
  return rows.map((row) => row.environment_id);
}

async function sumUp(db: Database, day: string, environmentId: string): Promise<void> {
  await sql`
    insert into usage_day (day, environment_id, client_id, key_id, endpoint, verdict, count, duration_us, cost, durations)
    select ${day}::date, environment_id, client_id, key_id, endpoint, verdict, sum(count), sum(duration_us), sum(cost),
      (array[${sql.join(bucketSums)}]::bigint[])[1:max(cardinality(durations))]
    from usage_hour where environment_id = ${environmentId} and ${withinDay(day)}
    group by environment_id, client_id, key_id, endpoint, verdict`.execute(db);
}

const bucketSums: RawBuilder<unknown>[] = Array.from(
  { length: buckets },
  (_, i) => sql`coalesce(sum(durations[${sql.lit(i + 1)}]), 0)`,
);

async function rolledUpUntil(db: Database, until: string): Promise<void> {
  await sql`
    insert into usage_rolled_up (until) values (${until}::date)
    on conflict (only_row) do update set until = excluded.until`.execute(db);
}
