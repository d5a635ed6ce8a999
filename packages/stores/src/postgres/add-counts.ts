import type { RefusalSummary } from '@keyward/contract/refusal-summary';
import type { UsageCount } from '@keyward/contract/usage-summary';
import { arrayText, textArrayText } from './array-text.ts';
import type { Session } from './sessions.ts';
import type { UseCounts } from './use-counts.ts';

/**
 * Adds to the hours, and to the totals of endpoints, keys and clients. Each statement takes its rows in the same order in every
 * process, so that no two transactions wait for each other in a circle. A client is in one shard and a shard in one partition
 * of the log, so two transactions seldom want the same row; `slot` is that partition, which keeps them apart where all
 * clients meet, in the totals of an endpoint.
 */
export async function addCounts(
  session: Session,
  { counts, uses, slot }: { counts: readonly UsageCount[]; uses: UseCounts; slot: number },
): Promise<void> {
  if (counts.length === 0) return;
  await addToHours(session, counts);
  await addToEndpoints(
    session,
    totalsBy(counts, ({ environmentId, endpoint }) => `${environmentId} ${endpoint}`),
    slot,
  );
  await addToKeys(
    session,
    totalsBy(counts, ({ keyId }) => keyId),
    uses,
  );
  await addToClients(
    session,
    totalsBy(counts, ({ clientId }) => clientId),
  );
}

/** Refusals without a known key: the rows of an hour are those of all partitions, so they come last in a transaction. */
export async function addRefusals(session: Session, summaries: readonly RefusalSummary[]): Promise<void> {
  const sums = new Map<string, { environmentId: string; hour: string; code: string; count: number }>();
  for (const { minuteMs, environmentId, code, count } of summaries.flatMap(({ counts }) => counts)) {
    const hour = `${new Date(minuteMs).toISOString().slice(0, 13)}:00Z`;
    const id = `${environmentId} ${hour} ${code}`;
    const sum = sums.get(id) ?? { environmentId, hour, code, count: 0 };
    sum.count += count;
    sums.set(id, sum);
  }
  if (sums.size === 0) return;
  const rows = inOrder(sums);
  await session.query(
    `insert into usage_hour as total (hour, environment_id, verdict, count, duration_us, cost)
      select hour, environment_id, verdict, count, 0, 0
      from unnest($1::timestamptz[], $2::uuid[], $3::text[], $4::bigint[]) as row (hour, environment_id, verdict, count)
      on conflict (environment_id, hour, client_id, key_id, endpoint, verdict)
      do update set count = total.count + excluded.count`,
    [
      rows.map((row) => row.hour),
      rows.map((row) => row.environmentId),
      rows.map((row) => row.code),
      rows.map((row) => row.count),
    ],
  );
}

async function addToHours(session: Session, counts: readonly UsageCount[]): Promise<void> {
  await session.query(
    `insert into usage_hour as total
        (hour, environment_id, client_id, key_id, endpoint, verdict, count, duration_us, cost, durations)
      select ${timeOf('hour')}, environment_id, client_id, key_id, endpoint, verdict, count, duration_us, cost,
        durations::bigint[]
      from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[], $8::bigint[],
        $9::bigint[], $10::text[])
        as row (hour, environment_id, client_id, key_id, endpoint, verdict, count, duration_us, cost, durations)
      on conflict (environment_id, hour, client_id, key_id, endpoint, verdict)
      do update set count = total.count + excluded.count, duration_us = total.duration_us + excluded.duration_us,
        cost = total.cost + excluded.cost, durations = add_histograms(total.durations, excluded.durations)`,
    [
      arrayText(counts, (each) => each.hourMs),
      arrayText(counts, (each) => each.environmentId),
      arrayText(counts, (each) => each.clientId),
      arrayText(counts, (each) => each.keyId),
      textArrayText(counts, (each) => each.endpoint),
      textArrayText(counts, (each) => each.verdict),
      arrayText(counts, (each) => each.count),
      arrayText(counts, (each) => each.durationUs),
      arrayText(counts, (each) => each.cost),
      arrayText(counts, (each) => `"{${each.durations.join()}}"`),
    ],
  );
}

async function addToEndpoints(session: Session, totals: readonly Total[], slot: number): Promise<void> {
  await session.query(
    `insert into endpoint_total as total (environment_id, endpoint, slot, success, error, duration_us)
      select environment_id, endpoint, $6::integer, success, error, duration_us
      from unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
        as row (environment_id, endpoint, success, error, duration_us)
      on conflict (environment_id, endpoint, slot) do update set success = total.success + excluded.success,
        error = total.error + excluded.error, duration_us = total.duration_us + excluded.duration_us`,
    [
      arrayText(totals, ({ of }) => of.environmentId),
      textArrayText(totals, ({ of }) => of.endpoint),
      ...sumsOf(totals),
      slot,
    ],
  );
}

async function addToKeys(session: Session, totals: readonly Total[], uses: UseCounts): Promise<void> {
  const used = totals.map(({ of }) => uses.of(of.keyId));
  await session.query(
    `insert into key_total as total
        (key_id, environment_id, success, error, last_used_at, not_uses, last_use_at, incarnation, uses_since)
      select key_id, environment_id, success, error, ${timeOf('last_used_at')}, not_uses, ${timeOf('last_use_at')},
        nullif(incarnation, ''), uses_since
      from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::text[], $10::bigint[])
        as row (key_id, environment_id, success, error, duration_us, last_used_at, not_uses, last_use_at, incarnation,
          uses_since)
      on conflict (key_id) do update set success = total.success + excluded.success, error = total.error + excluded.error,
        last_used_at = greatest(total.last_used_at, excluded.last_used_at),
        not_uses = total.not_uses + excluded.not_uses, last_use_at = greatest(total.last_use_at, excluded.last_use_at),
        incarnation = greatest(total.incarnation, excluded.incarnation),
        uses_since = case
          when excluded.incarnation > total.incarnation or total.incarnation is null then excluded.uses_since
          when excluded.incarnation = total.incarnation then total.uses_since + excluded.uses_since
          else total.uses_since
        end`,
    [
      arrayText(totals, ({ of }) => of.keyId),
      arrayText(totals, ({ of }) => of.environmentId),
      ...sumsOf(totals),
      arrayText(totals, (total) => total.lastDecidedAtMs),
      arrayText(used, ({ notUses }) => notUses),
      arrayText(used, ({ lastUseAtMs }) => lastUseAtMs ?? 'null'),
      textArrayText(used, ({ incarnation = '' }) => incarnation),
      arrayText(used, ({ usesSince }) => usesSince),
    ],
  );
}

async function addToClients(session: Session, totals: readonly Total[]): Promise<void> {
  await session.query(
    `insert into client_total as total (client_id, environment_id, success, error, duration_us)
      select client_id, environment_id, success, error, duration_us
      from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[])
        as row (client_id, environment_id, success, error, duration_us)
      on conflict (client_id) do update set success = total.success + excluded.success,
        error = total.error + excluded.error, duration_us = total.duration_us + excluded.duration_us`,
    [arrayText(totals, ({ of }) => of.clientId), arrayText(totals, ({ of }) => of.environmentId), ...sumsOf(totals)],
  );
}

/** What counts come to that have the same client, key or endpoint; `of` is one of them. */
interface Total {
  of: UsageCount;
  success: number;
  error: number;
  durationUs: number;
  lastDecidedAtMs: number;
}

/** In the order of their names. */
function totalsBy(counts: readonly UsageCount[], nameOf: (count: UsageCount) => string): Total[] {
  const totals = new Map<string, Total>();
  for (const count of counts) {
    const name = nameOf(count);
    const total = totals.get(name) ?? { of: count, success: 0, error: 0, durationUs: 0, lastDecidedAtMs: 0 };
    total[count.verdict === 'ALLOWED' ? 'success' : 'error'] += count.count;
    total.durationUs += count.durationUs;
    total.lastDecidedAtMs = Math.max(total.lastDecidedAtMs, count.lastDecidedAtMs);
    totals.set(name, total);
  }
  return inOrder(totals);
}

/** Successes, errors and durations, as arrays of a statement. */
function sumsOf(totals: readonly Total[]): string[] {
  return [
    arrayText(totals, ({ success }) => success),
    arrayText(totals, ({ error }) => error),
    arrayText(totals, ({ durationUs }) => durationUs),
  ];
}

function inOrder<T>(byName: ReadonlyMap<string, T>): T[] {
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** Milliseconds are sent as they are: to print and to read a date costs more than the rest of its row. */
function timeOf(columnMs: string): string {
  return `timestamptz 'epoch' + ${columnMs} * interval '1 millisecond'`;
}
