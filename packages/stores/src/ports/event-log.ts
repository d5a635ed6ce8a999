import type { PipelineEvent } from '@keyward/contract/pipeline-event';

/** One event on its way: `shard` decides the partition (shard mod the number of partitions), the client is the key. */
export interface ShardedEvent {
  shard: number;
  /** Of the outbox that it comes from, by which it is accounted for; an event that came past the outbox has none. */
  incarnation?: string;
  event: PipelineEvent;
}

/** The writing end of the log `validation.v1`. Opening it does not wait for the log to be there. */
export interface EventProducer extends AsyncDisposable {
  /**
   * Resolves once every event is kept by the log, in the order given, each at least once; while the log is away it
   * goes on trying. Calls are served one after the other, in the order in which they were made.
   * @throws the reason of `signal` once it fires; how much was kept is then open, so append the same events again.
   * @throws {EventsRefused} when the log will never take one of these events.
   */
  append(events: readonly ShardedEvent[], signal: AbortSignal): Promise<void>;
}

/** The log is there and says no to what it was given; `code` is the log's own word for it. */
export class EventsRefused extends Error {
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super(`the event log refused the events: ${code}`, { cause });
    this.name = 'EventsRefused';
    this.code = code;
  }
}

/** A record as the log holds it; what it says is not checked yet. */
export interface LogRecord {
  offset: number;
  /** The CloudEvents type; '' when the record has none. */
  type: string;
  value: Buffer;
  /** The outbox that it comes from. */
  source?: OutboxSource;
  /** The trace that it belongs to, where that is recorded. */
  traceparent?: string;
}

/** A shard, and what it has held since it was last empty. */
export interface OutboxSource {
  shard: number;
  incarnation: string;
}

/** Records of one partition in a row, at least one. */
export interface LogBatch {
  /** Names this very log, so that offsets of another are never taken for its own. */
  logId: string;
  partition: number;
  records: readonly LogRecord[];
}

/** A batch is done once this resolves; when it rejects, the same batch comes again after a pause that grows. */
export type BatchHandler = (batch: LogBatch) => Promise<void>;

/** What the handlers of a log stored beside their results: the offset after the last batch that they took in. */
export type StoredOffset = (logId: string, partition: number) => Promise<number | undefined>;

/** Where a log begins and ends just now: `first` is the oldest offset that it still holds, `end` the next to be written. */
export interface LogEnds {
  logId: string;
  partitions: { partition: number; first: number; end: number }[];
}

/** The reading end: each partition goes to one consumer of the group at a time, in order. */
export interface EventConsumer extends AsyncDisposable {
  /** Does it have its place among the readers just now? */
  readonly reading: boolean;
  /** How often the log was not the one, or not as long, as what is stored says, and was read from its beginning. */
  readonly restarts: number;
  /**
   * Starts to read and returns at once; while the log is away it goes on trying. Call it once. Several partitions are
   * handled at the same time. Reading begins where the group stopped, or at `storedOffset` if that differs.
   */
  run(handle: BatchHandler, storedOffset?: StoredOffset): void;
  /** Asks the log itself, of all partitions. Rejects while the log is away. */
  ends(): Promise<LogEnds>;
}
