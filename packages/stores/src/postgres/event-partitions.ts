import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

const dayMs = 86_400_000;
/** Any number that no other advisory lock of ours uses. */
const lockId = 4_302_001;

interface Days {
  nowMs: number;
  /** How long an event id is remembered; an older one is not counted any more. */
  retentionDays: number;
  /** How long the lines of the request logs are kept. */
  logRetentionDays: number;
}

type Partitioned = 'event_seen' | 'request_log';

/** The UTC day of a point in time, as `2026-11-20`. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/**
 * Makes the partitions of `event_seen` and `request_log` from the oldest day that is still counted to the day after tomorrow,
 * and drops those that are past their retention by more than a day: clocks of replicas differ. Idempotent; replicas take
 * turns by a lock.
 * @returns the names of the partitions that were made and dropped.
 */
export async function keepEventPartitions(db: Database, days: Days): Promise<{ created: string[]; dropped: string[] }> {
  const { nowMs, retentionDays, logRetentionDays } = days;
  const kept = [
    await keepPartitions(db, { table: 'event_seen', nowMs, madeDays: retentionDays, keptDays: retentionDays }),
    await keepPartitions(db, {
      table: 'request_log',
      nowMs,
      madeDays: Math.min(retentionDays, logRetentionDays),
      keptDays: logRetentionDays,
    }),
  ];
  return { created: kept.flatMap(({ created }) => created), dropped: kept.flatMap(({ dropped }) => dropped) };
}

interface Upkeep {
  table: Partitioned;
  nowMs: number;
  /** Days back for which something may still be written. */
  madeDays: number;
  keptDays: number;
}

function keepPartitions(db: Database, { table, nowMs, madeDays, keptDays }: Upkeep) {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${lockId}::bigint)`.execute(trx);
    // A partition is made under an exclusive lock; rather later than to hold up everybody who writes.
    await sql`set local lock_timeout = '1s'`.execute(trx);
    const existing = await listPartitions(trx, table);
    const created = wantedDays(nowMs, madeDays).filter((day) => !existing.includes(partitionName(table, day)));
    for (const day of created) await createPartition(trx, table, day);
    const oldest = partitionName(table, dayOf(nowMs - (keptDays + 1) * dayMs));
    const dropped = existing.filter((name) => name < oldest);
    for (const name of dropped) await sql`drop table ${sql.id(name)}`.execute(trx);
    return { created: created.map((day) => partitionName(table, day)), dropped };
  });
}

function wantedDays(nowMs: number, madeDays: number): string[] {
  return Array.from({ length: madeDays + 3 }, (_, index) => dayOf(nowMs + (index - madeDays) * dayMs));
}

function partitionName(table: Partitioned, day: string): string {
  return `${table}_${day.replaceAll('-', '')}`;
}

async function listPartitions(trx: Transaction<Schema>, table: Partitioned): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = ${table}::regclass order by relname`.execute(trx);
  return rows.map((row) => row.name);
}

/** The bounds are UTC days, whatever zone the session has. */
async function createPartition(trx: Kysely<Schema>, table: Partitioned, day: string): Promise<void> {
  const next = dayOf(Date.parse(day) + dayMs);
  const bound = (of: string) => sql.lit(table === 'event_seen' ? of : `${of}T00:00:00Z`);
  await sql`create table if not exists ${sql.id(partitionName(table, day))} partition of ${sql.id(table)}
    for values from (${bound(day)}) to (${bound(next)})`.execute(trx);
}
