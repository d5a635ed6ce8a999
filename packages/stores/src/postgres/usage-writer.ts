import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import type { LogBatch } from '../ports/event-log.ts';
import { buryRecords } from './bury-records.ts';
import type { Database } from './database.ts';
import { keepEventPartitions } from './event-partitions.ts';
import { KeySightings } from './key-sightings.ts';
import { LogPolicies } from './log-policies.ts';
import { RegisteredEndpoints } from './registered-endpoints.ts';
import { replayOne } from './replay-dead.ts';
import { resolveAssumed } from './resolve-assumed.ts';
import type { Session, Sessions } from './sessions.ts';
import { type CountableEvent, type DeadRecord, sortRecords, timeOf } from './sort-records.ts';
import { isDataFault, sqlState } from './sql-state.ts';
import { writeEvents } from './write-events.ts';

interface UsageWriterOptions {
  db: Database;
  sessions: Sessions;
  clock: Clock;
  logger: Logger;
  /** How long an event id is remembered, days; more than the log keeps its records. */
  retentionDays: number;
  logRetentionDays?: number;
  /** How many endpoints an environment may hold. */
  maxEndpoints?: number;
}

/** What became of the records of a batch. */
export interface WriteOutcome {
  counted: number;
  /** Their ids were known. */
  repeated: number;
  dead: number;
  /** When the first and the last decision of those that were counted was made, Unix ms; none: there was none. */
  decidedMs?: { oldest: number; newest: number } | undefined;
}

const dayMs = 86_400_000;
const noPartitionForRow = '23514';

/** Counts the events of batches, each event once, however often and by whomever it is written (design.md §6). */
export class UsageWriter {
  readonly #options: Required<UsageWriterOptions>;
  readonly #policies: LogPolicies;
  readonly #sightings: KeySightings;
  readonly #endpoints: RegisteredEndpoints;

  constructor(options: UsageWriterOptions) {
    this.#options = { logRetentionDays: 30, maxEndpoints: 1_000, ...options };
    this.#policies = new LogPolicies(options.clock);
    this.#sightings = new KeySightings(this.#options);
    this.#endpoints = new RegisteredEndpoints(this.#options);
  }

  /**
   * One transaction: remember the ids, log and count the events whose id is new, keep what cannot be counted, store the
   * next offset. A record that Postgres refuses is found by halving the batch and kept as dead.
   */
  async write(batch: LogBatch): Promise<WriteOutcome> {
    try {
      return await this.#write(batch);
    } catch (error) {
      if (sqlState(error) === noPartitionForRow) await this.keepPartitions();
      if (!isDataFault(error)) throw error;
      return await this.#writeHalves(batch, error);
    }
  }

  /** Counts one event that somebody asked to have counted after all; undefined: there is none. */
  async replay(): Promise<'counted' | 'dead' | undefined> {
    const { sessions } = this.#options;
    return replayOne({
      sessions,
      window: this.#window(),
      prepare: (events) => this.#prepare(events),
      write: (session, events, outboxes) =>
        writeEvents(session, { ...this.#writing(), events, slot: replaySlot, alsoOfOutboxes: outboxes }),
    });
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
    const { db, clock, logger, ...days } = this.#options;
    const { created, dropped } = await keepEventPartitions(db, { nowMs: clock.nowMs(), ...days });
    if (created.length + dropped.length > 0) logger.info({ created, dropped }, 'partitions of events and request logs');
  }

  async #writeHalves(batch: LogBatch, error: unknown): Promise<WriteOutcome> {
    const { records } = batch;
    const middle = Math.ceil(records.length / 2);
    if (records.length > 1) {
      const first = await this.write({ ...batch, records: records.slice(0, middle) });
      const second = await this.write({ ...batch, records: records.slice(middle) });
      return together(first, second);
    }
    const { events, dead } = sortRecords(records, this.#window());
    const reason = `Postgres refuses it: ${error instanceof Error ? error.message : sqlState(error)}`;
    const refused = records.map((record) => ({ record, reason, event: events[0]?.event ?? dead[0]?.event }));
    await this.#options.sessions.transaction((session) => this.#finish(session, { batch, events: [], dead: refused }));
    return { counted: 0, repeated: 0, dead: 1 };
  }

  async #write(batch: LogBatch): Promise<WriteOutcome> {
    const { events: sorted, dead } = sortRecords(batch.records, this.#window());
    const events = await this.#prepare(sorted);
    const fresh = await this.#options.sessions.transaction((session) => this.#finish(session, { batch, events, dead }));
    return {
      counted: fresh.length,
      repeated: events.length - fresh.length,
      dead: dead.length,
      decidedMs: span(fresh),
    };
  }

  /** What may be done more than once and holds no row that others wait for, so it is not of the batch's transaction. */
  async #prepare(sorted: readonly CountableEvent[]): Promise<CountableEvent[]> {
    const events = await resolveAssumed(this.#options.sessions, sorted);
    await this.#sightings.note(events);
    return this.#endpoints.settle(events);
  }

  async #finish(session: Session, { batch, events, dead }: Finishing): Promise<CountableEvent[]> {
    const buried = await buryRecords(session, batch, dead);
    const outboxes = { buried };
    const writing = { ...this.#writing(), events, slot: batch.partition, alsoOfOutboxes: outboxes };
    const fresh = await writeEvents(session, writing);
    await storeOffset(session, batch);
    if (dead.length > 0) this.#tell(batch, dead);
    return fresh;
  }

  #tell({ logId, partition }: LogBatch, dead: readonly DeadRecord[]): void {
    const { offset } = dead[0]?.record ?? {};
    const facts = { logId, partition, count: dead.length, offset, reason: dead[0]?.reason };
    this.#options.logger.error(facts, 'events that cannot be counted');
  }

  #window() {
    const { clock, retentionDays } = this.#options;
    return { nowMs: clock.nowMs(), retentionDays };
  }

  #writing() {
    const { clock, logRetentionDays } = this.#options;
    return { policies: this.#policies, logsSinceMs: clock.nowMs() - logRetentionDays * dayMs };
  }
}

interface Finishing {
  batch: LogBatch;
  events: readonly CountableEvent[];
  dead: readonly DeadRecord[];
}

/** No partition of the log. */
const replaySlot = -1;

/** Offsets only say where to begin; an earlier one by a slower writer costs repeated reading and no more. */
async function storeOffset(session: Session, { logId, partition, records }: LogBatch): Promise<void> {
  const last = records.at(-1);
  if (!last) return;
  await session.query(
    `insert into consumer_offset (log_id, partition, next_offset) values ($1, $2, $3)
      on conflict (log_id, partition) do update set next_offset = excluded.next_offset`,
    [logId, partition, last.offset + 1],
  );
}

function span(events: readonly CountableEvent[]): WriteOutcome['decidedMs'] {
  let [oldest, newest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const countable of events) {
    const atMs = timeOf(countable);
    oldest = Math.min(oldest, atMs);
    newest = Math.max(newest, atMs);
  }
  return events.length === 0 ? undefined : { oldest, newest };
}

function together(one: WriteOutcome, other: WriteOutcome): WriteOutcome {
  const spans = [one.decidedMs, other.decidedMs].filter((each) => each !== undefined);
  return {
    counted: one.counted + other.counted,
    repeated: one.repeated + other.repeated,
    dead: one.dead + other.dead,
    decidedMs:
      spans.length === 0
        ? undefined
        : {
            oldest: Math.min(...spans.map(({ oldest }) => oldest)),
            newest: Math.max(...spans.map(({ newest }) => newest)),
          },
  };
}
