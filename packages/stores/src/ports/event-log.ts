import type { ValidationEvent } from '@keyward/contract/validation-event';

/** One event on its way: `shard` decides the partition (shard mod the number of partitions), the client is the key. */
export interface ShardedEvent {
  shard: number;
  event: ValidationEvent;
}

/** The writing end of the log `validation.v1`. */
export interface EventProducer extends AsyncDisposable {
  /**
   * Resolves once every event is kept by the log, in the order given, each at least once; while the log is away it
   * goes on trying. One call at a time per producer: that is what keeps the order.
   */
  append(events: readonly ShardedEvent[], signal: AbortSignal): Promise<void>;
}

/** A record as the log holds it; what it says is not checked yet. */
export interface LogRecord {
  offset: number;
  value: Buffer;
}

export interface LogBatch {
  /** Names this very log, so that offsets of another are never taken for its own. */
  logId: string;
  partition: number;
  records: readonly LogRecord[];
}

/** The reading end: each partition goes to one consumer of the group at a time, in order. */
export interface EventConsumer extends AsyncDisposable {
  /** Calls `handle` batch by batch. A batch is done once `handle` resolves; when it throws, the same batch comes again. */
  run(handle: (batch: LogBatch) => Promise<void>): Promise<void>;
}
