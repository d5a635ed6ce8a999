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
}

/** The UTC day of a point in time, as `2026-11-20`. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/**
 * Makes the partitions of `event_seen` from the oldest day that is still counted to the day after tomorrow, and drops
 * those that are older by more than a day: clocks of replicas differ. Idempotent; replicas take turns by a lock.
 * @returns the names of the partitions that were made and dropped.
 */
export async function keepEventPartitions(db: Database, days: Days): Promise<{ created: string[]; dropped: string[] }> {
  return db.transaction().execute(async (trx) => {
    // A partition is made under an exclusive lock; rather later than to hold up everybody who writes.
    await sql`set local lock_timeout = '5s'`.execute(trx);
    await sql`select pg_advisory_xact_lock(${lockId}::bigint)`.execute(trx);
    const existing = await listPartitions(trx);
    const created = wantedDays(days).filter((day) => !existing.includes(partitionName(day)));
    for (const day of created) await createPartition(trx, day);
    const oldest = partitionName(dayOf(days.nowMs - (days.retentionDays + 1) * dayMs));
    const dropped = existing.filter((name) => name < oldest);
    for (const name of dropped) await sql`drop table ${sql.id(name)}`.execute(trx);
    return { created: created.map(partitionName), dropped };
  });
}

function wantedDays({ nowMs, retentionDays }: Days): string[] {
  return Array.from({ length: retentionDays + 3 }, (_, index) => dayOf(nowMs + (index - retentionDays) * dayMs));
}

function partitionName(day: string): string {
  return `event_seen_${day.replaceAll('-', '')}`;
}

async function listPartitions(trx: Transaction<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = 'event_seen'::regclass order by relname`.execute(trx);
  return rows.map((row) => row.name);
}

async function createPartition(trx: Kysely<Schema>, day: string): Promise<void> {
  const next = dayOf(Date.parse(day) + dayMs);
  await sql`create table if not exists ${sql.id(partitionName(day))} partition of event_seen
    for values from (${sql.lit(day)}) to (${sql.lit(next)})`.execute(trx);
}
