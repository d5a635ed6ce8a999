import type { UsageCount } from '@keyward/contract/usage-summary';
import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import { sql, type Transaction } from 'kysely';
import type { LogBatch } from '../ports/event-log.ts';
import { UsageCounts } from '../usage-counts.ts';
import type { Database } from './database.ts';
import { dayOf, keepEventPartitions } from './event-partitions.ts';
import type { Schema } from './schema.ts';
import { type CountableEvent, type DeadRecord, sortRecords } from './sort-records.ts';
import { isDataFault, sqlState } from './sql-state.ts';

interface UsageWriterOptions {
  db: Database;
  clock: Clock;
  logger: Logger;
  /** How long an event id is remembered, days; more than the log keeps its records. */
  retentionDays: number;
}

type Trx = Transaction<Schema>;

const noPartitionForRow = '23514';
const deadRowsAtOnce = 1_000;

/** Counts the events of batches, each event once, however often and by whomever it is written (design.md §6). */
export class UsageWriter {
  readonly #options: UsageWriterOptions;

  constructor(options: UsageWriterOptions) {
    this.#options = options;
  }

  /**
   * One transaction: remember the ids, count the events whose id is new, keep what cannot be counted, store the next
   * offset. A record that Postgres refuses is found by halving the batch and kept as dead.
   */
  async write(batch: LogBatch): Promise<void> {
    try {
      await this.#write(batch);
    } catch (error) {
      if (sqlState(error) === noPartitionForRow) await this.keepPartitions();
      if (!isDataFault(error)) throw error;
      await this.#writeHalves(batch, error);
    }
  }

  /** The offset after the last batch of this log and partition that was written. */
  async storedOffset(logId: string, partition: number): Promise<number | undefined> {
    const { db } = this.#options;
    const stored = db.selectFrom('consumer_offset').select('next_offset');
    const row = await stored.where('log_id', '=', logId).where('partition', '=', partition).executeTakeFirst();
    return row?.next_offset;
  }

  /** Does the database answer, and has it the tables? */
  async answers(): Promise<boolean> {
    try {
      await this.storedOffset('', 0);
      return true;
    } catch {
      return false;
    }
  }

  /** Makes the partitions of the days to come and drops those that nobody will ask for. */
  async keepPartitions(): Promise<void> {
    const { db, clock, retentionDays, logger } = this.#options;
    const { created, dropped } = await keepEventPartitions(db, { nowMs: clock.nowMs(), retentionDays });
    if (created.length + dropped.length > 0) logger.info({ created, dropped }, 'partitions of event_seen');
  }

  async #writeHalves(batch: LogBatch, error: unknown): Promise<void> {
    const { records } = batch;
    const middle = Math.ceil(records.length / 2);
    if (records.length > 1) {
      await this.write({ ...batch, records: records.slice(0, middle) });
      await this.write({ ...batch, records: records.slice(middle) });
      return;
    }
    const reason = `Postgres refuses it: ${error instanceof Error ? error.message : sqlState(error)}`;
    const dead = records.map((record) => ({ record, reason }));
    await this.#options.db.transaction().execute(async (trx) => {
      await this.#bury(trx, batch, dead);
      await storeOffset(trx, batch);
    });
  }

  async #write(batch: LogBatch): Promise<void> {
    const { db, clock, retentionDays } = this.#options;
    const { events, dead } = sortRecords(batch.records, { nowMs: clock.nowMs(), retentionDays });
    await db.transaction().execute(async (trx) => {
      const sums = new UsageCounts();
      for (const event of await rememberIds(trx, events)) sums.add(event);
      const counts = sums.sorted();
      if (counts.length > 0) {
        await addToClients(trx, counts);
        await addToKeys(trx, counts);
        await addToHours(trx, counts);
      }
      await this.#bury(trx, batch, dead);
      await storeOffset(trx, batch);
    });
  }

  async #bury(trx: Trx, { logId, partition }: LogBatch, dead: readonly DeadRecord[]): Promise<void> {
    for (let at = 0; at < dead.length; at += deadRowsAtOnce) {
      const rows = dead.slice(at, at + deadRowsAtOnce).map(({ record, reason }) => ({
        id: newId(),
        log_id: logId,
        partition,
        log_offset: record.offset,
        reason: printable(reason),
        value: record.value,
      }));
      await trx
        .insertInto('event_dead')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    if (dead.length === 0) return;
    const { offset } = dead[0]?.record ?? {};
    this.#options.logger.error(
      { logId, partition, count: dead.length, offset, reason: dead[0]?.reason },
      'events that cannot be counted',
    );
  }
}

/** Answers the events whose id was not known before, each id once. Ids go in sorted, against waiting in a circle. */
async function rememberIds(trx: Trx, events: readonly CountableEvent[]) {
  const byId = new Map(events.map((event) => [event.event.id, event]));
  const ids = [...byId.keys()].sort();
  if (ids.length === 0) return [];
  const days = ids.map((id) => dayOf(byId.get(id)?.idMs ?? 0));
  const { rows } = await sql<{ event_id: string }>`
    insert into event_seen (day, event_id) select * from unnest(${days}::date[], ${ids}::uuid[])
    on conflict do nothing returning event_id`.execute(trx);
  return rows.flatMap(({ event_id }) => byId.get(event_id)?.event ?? []);
}

const isSuccess = sql`verdict = 'ALLOWED'`;

/** The rows that these counts are, for statements to sum up. */
function rowsOf(counts: readonly UsageCount[]) {
  return sql`unnest(
    ${counts.map((each) => timestamp(each.hourMs))}::timestamptz[], ${counts.map((each) => each.environmentId)}::uuid[],
    ${counts.map((each) => each.clientId)}::uuid[], ${counts.map((each) => each.keyId)}::uuid[],
    ${counts.map((each) => each.endpoint)}::text[], ${counts.map((each) => each.verdict)}::text[],
    ${counts.map((each) => each.count)}::bigint[], ${counts.map((each) => each.durationUs)}::bigint[],
    ${counts.map((each) => each.cost)}::bigint[], ${counts.map((each) => timestamp(each.lastDecidedAtMs))}::timestamptz[]
  ) as row (hour, environment_id, client_id, key_id, endpoint, verdict, count, duration_us, cost, last_used_at)`;
}

async function addToClients(trx: Trx, counts: readonly UsageCount[]): Promise<void> {
  await sql`
    insert into client_total as total (client_id, environment_id, success, error, duration_us)
    select client_id, environment_id, coalesce(sum(count) filter (where ${isSuccess}), 0),
      coalesce(sum(count) filter (where not ${isSuccess}), 0), sum(duration_us)
    from ${rowsOf(counts)} group by client_id, environment_id order by client_id
    on conflict (client_id) do update set success = total.success + excluded.success,
      error = total.error + excluded.error, duration_us = total.duration_us + excluded.duration_us`.execute(trx);
}

async function addToKeys(trx: Trx, counts: readonly UsageCount[]): Promise<void> {
  await sql`
    insert into key_total as total (key_id, environment_id, success, error, last_used_at)
    select key_id, environment_id, coalesce(sum(count) filter (where ${isSuccess}), 0),
      coalesce(sum(count) filter (where not ${isSuccess}), 0), max(last_used_at)
    from ${rowsOf(counts)} group by key_id, environment_id order by key_id
    on conflict (key_id) do update set success = total.success + excluded.success,
      error = total.error + excluded.error,
      last_used_at = greatest(total.last_used_at, excluded.last_used_at)`.execute(trx);
}

async function addToHours(trx: Trx, counts: readonly UsageCount[]): Promise<void> {
  await sql`
    insert into usage_hour as total
      (hour, environment_id, client_id, key_id, endpoint, verdict, count, duration_us, cost)
    select hour, environment_id, client_id, key_id, endpoint, verdict, count, duration_us, cost from ${rowsOf(counts)}
    on conflict (environment_id, hour, client_id, key_id, endpoint, verdict)
    do update set count = total.count + excluded.count,
      duration_us = total.duration_us + excluded.duration_us, cost = total.cost + excluded.cost`.execute(trx);
}

/** Offsets only say where to begin; an earlier one by a slower writer costs repeated reading and no more. */
async function storeOffset(trx: Trx, { logId, partition, records }: LogBatch): Promise<void> {
  const last = records.at(-1);
  if (!last) return;
  const next_offset = last.offset + 1;
  const row = { log_id: logId, partition, next_offset };
  const known = ['log_id', 'partition'] as const;
  await trx
    .insertInto('consumer_offset')
    .values(row)
    .onConflict((conflict) => conflict.columns(known).doUpdateSet({ next_offset }))
    .execute();
}

function timestamp(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** A reason may quote the data: what Postgres refuses is replaced, the rest is cut. */
function printable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '�').slice(0, 500).toWellFormed();
}
