import { windowAt } from '@keyward/decision/calendar';
import type { Spent } from '@keyward/decision/totals-from-spent';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { familyMembers } from './family-members.ts';

/** What admitted requests cost in the calendar windows of now, as far as ingest has counted. */
export interface ClientSpending {
  client: Spent;
  /** By rotation family, of registered keys alone: no other can have a limit, and there may be any number of others. */
  families: Map<string, Spent>;
}

type Sums = Record<'hour' | 'day' | 'week' | 'month', number>;

/** The windows of `now` as sums over usage_hour; an hour that clocks have put ahead counts in none. */
function sums(nowMs: number) {
  const within = (name: keyof Sums) => {
    const { startMs, endMs } = windowAt(name, nowMs);
    return sql`coalesce(sum(cost) filter (where hour >= ${new Date(startMs)} and hour < ${new Date(endMs)}), 0)::float8`;
  };
  return sql`${within('hour')} as hour, ${within('day')} as day, ${within('week')} as week, ${within('month')} as month`;
}

function earliest(nowMs: number): Date {
  return new Date(Math.min(windowAt('week', nowMs).startMs, windowAt('month', nowMs).startMs));
}

/** For each of these clients; one that spent nothing is not in the answer. */
export async function readClientSpending(
  db: Database,
  clientIds: readonly string[],
  nowMs: number,
): Promise<Map<string, ClientSpending>> {
  const { rows } = await sql<Sums & { client_id: string; family_id: string | null }>`
    select usage_hour.client_id, member.family_id, ${sums(nowMs)} from usage_hour
    left join (${familyMembers(clientIds)}) member
      on member.key_id = usage_hour.key_id and member.client_id = usage_hour.client_id
    where usage_hour.client_id = any(${clientIds}::uuid[]) and hour >= ${earliest(nowMs)} and verdict = 'ALLOWED'
    group by usage_hour.client_id, member.family_id`.execute(db);
  const spending = new Map<string, ClientSpending>();
  for (const { client_id, family_id, hour, day, week, month } of rows) {
    const { client = nothing, families = new Map() } = spending.get(client_id) ?? {};
    if (family_id !== null) families.set(family_id, { hour, day });
    spending.set(client_id, { client: add(client, { hour, day, week, month }), families });
  }
  return spending;
}

/** All clients of an environment together. */
export async function readEnvironmentSpending(db: Database, environmentId: string, nowMs: number): Promise<Spent> {
  const { rows } = await sql<Sums>`
    select ${sums(nowMs)} from usage_hour
    where environment_id = ${environmentId} and hour >= ${earliest(nowMs)} and verdict = 'ALLOWED'`.execute(db);
  return rows[0] ?? nothing;
}

/** Which of these clients have a key with a limit per second or minute, of which usage by the hour says nothing? */
export async function clientsWithShortLimits(db: Database, clientIds: readonly string[]): Promise<Set<string>> {
  if (clientIds.length === 0) return new Set();
  const rows = await db
    .selectFrom('api_key')
    .select('client_id')
    .distinct()
    .where('client_id', 'in', clientIds)
    .where('rate_window', 'in', ['second', 'minute'])
    .execute();
  return new Set(rows.map((row) => row.client_id));
}

const nothing: Sums = { hour: 0, day: 0, week: 0, month: 0 };

function add(a: Spent, b: Sums): Sums {
  return {
    hour: (a.hour ?? 0) + b.hour,
    day: (a.day ?? 0) + b.day,
    week: (a.week ?? 0) + b.week,
    month: (a.month ?? 0) + b.month,
  };
}
