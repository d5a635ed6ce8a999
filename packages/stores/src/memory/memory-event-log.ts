import type { Logger } from '@keyward/kit/logger';
import { newId } from '@keyward/kit/random';
import { encodeEvent, sourceOf, traceOf } from '../event-codec.ts';
import { handOverBatch } from '../hand-over-batch.ts';
import type {
  BatchHandler,
  EventConsumer,
  EventProducer,
  LogEnds,
  LogRecord,
  ShardedEvent,
} from '../ports/event-log.ts';
import { SharedInstances } from '../shared-instances.ts';

type SharedLog = { instance: MemoryEventLog } & AsyncDisposable;

/** The writing end of the log of that name in this process. */
export async function openMemoryProducer(url: string): Promise<EventProducer> {
  return new MemoryEventProducer(await logs.acquire(url));
}

interface ConsumerOptions {
  logger: Logger;
  /** How long disposing waits for the handler to take what was appended. */
  drainMs?: number;
}

/**
 * The reading end of the log of that name in this process. One consumer reads at a time, all partitions; others stand
 * by, as the surplus members of a Kafka group do. Disposing it waits until what was appended before is handled.
 */
export async function openMemoryConsumer(url: string, options: ConsumerOptions): Promise<EventConsumer> {
  return new MemoryEventConsumer(await logs.acquire(url), options);
}

const partitionCount = 4;
const batchRecords = 1_000;
/** About 40 MB of events; a full log makes producers wait, as a Kafka that is away does. Nothing is dropped. */
const heldRecords = 100_000;

/** Records in the order of their offsets, from the first one that is not handled yet. */
interface Partition {
  end: number;
  records: LogRecord[];
}

/** A log that lives as long as somebody has it open. A record is released once it is handled. */
class MemoryEventLog {
  readonly id = `memory/${newId()}`;
  readonly partitions: Partition[] = Array.from({ length: partitionCount }, () => ({ end: 0, records: [] }));
  #held = 0;
  #changed = Promise.withResolvers<void>();
  #reader: MemoryEventConsumer | undefined;

  /** Resolves when something has changed: more records, fewer, another reader, somebody who wants to leave. */
  change(): Promise<void> {
    return this.#changed.promise;
  }

  notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  get full(): boolean {
    return this.#held >= heldRecords;
  }

  add(event: ShardedEvent): void {
    const partition = this.partition(event.shard % partitionCount);
    const { value, headers } = encodeEvent(event);
    const record = { type: event.event.type, value: Buffer.from(value), ...sourceOf(headers), ...traceOf(headers) };
    partition.records.push({ offset: partition.end++, ...record });
    this.#held += 1;
  }

  release(partition: Partition, count: number): void {
    partition.records.splice(0, count);
    this.#held -= count;
    this.notify();
  }

  partition(index: number): Partition {
    const partition = this.partitions[index];
    if (!partition) throw new RangeError(`no partition ${index}`);
    return partition;
  }

  /** Makes `consumer` the reader if there is none; answers whether it is. */
  claim(consumer: MemoryEventConsumer): boolean {
    this.#reader ??= consumer;
    return this.#reader === consumer;
  }

  leave(consumer: MemoryEventConsumer): void {
    if (this.#reader === consumer) this.#reader = undefined;
    this.notify();
  }
}

const logs = new SharedInstances<MemoryEventLog>({
  open: async () => new MemoryEventLog(),
  close: async () => undefined,
});

class MemoryEventProducer implements EventProducer {
  readonly #shared: SharedLog;
  #last: Promise<void> = Promise.resolve();

  constructor(shared: SharedLog) {
    this.#shared = shared;
  }

  append(events: readonly ShardedEvent[], signal: AbortSignal): Promise<void> {
    const appended = this.#last.then(() => this.#add(events, signal));
    this.#last = appended.catch(() => undefined);
    return appended;
  }

  async #add(events: readonly ShardedEvent[], signal: AbortSignal): Promise<void> {
    const log = this.#shared.instance;
    const wake = () => log.notify();
    signal.addEventListener('abort', wake);
    try {
      for (const event of events) {
        while (log.full && !signal.aborted) await log.change();
        signal.throwIfAborted();
        log.add(event);
      }
    } finally {
      signal.removeEventListener('abort', wake);
      log.notify();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve(this.#shared[Symbol.asyncDispose]());
  }
}

class MemoryEventConsumer implements EventConsumer {
  readonly #shared: SharedLog;
  readonly #log: MemoryEventLog;
  readonly #options: ConsumerOptions;
  readonly #givenUp = new AbortController();
  /** Once set, each partition is read up to here and no further. */
  #drainTo: Map<Partition, number> | undefined;
  #finished: Promise<void> = Promise.resolve();
  #reading = false;

  constructor(shared: SharedLog, options: ConsumerOptions) {
    this.#shared = shared;
    this.#log = shared.instance;
    this.#options = options;
  }

  /** No log of this kind is met again. */
  readonly restarts = 0;

  get reading(): boolean {
    return this.#reading;
  }

  /** No offset outlives this log, so a stored one has nothing to say. */
  run(handle: BatchHandler): void {
    this.#finished = this.#read(handle);
  }

  async ends(): Promise<LogEnds> {
    const partitions = this.#log.partitions.map(({ records, end }, partition) => ({
      partition,
      first: records[0]?.offset ?? end,
      end,
    }));
    return { logId: this.#log.id, partitions };
  }

  async #read(handle: BatchHandler): Promise<void> {
    while (!this.#log.claim(this)) {
      if (this.#drainTo) return;
      await this.#log.change();
    }
    this.#reading = true;
    await Promise.all(this.#log.partitions.map((_, index) => this.#readPartition(index, handle)));
    this.#reading = false;
    this.#log.leave(this);
  }

  async #readPartition(index: number, handle: BatchHandler): Promise<void> {
    const partition = this.#log.partition(index);
    const { logger } = this.#options;
    for (;;) {
      const records = partition.records.slice(0, batchRecords);
      const offset = records[0]?.offset ?? partition.end;
      if (offset >= (this.#drainTo?.get(partition) ?? Number.POSITIVE_INFINITY)) return;
      if (records.length === 0) {
        await this.#log.change();
        continue;
      }
      const batch = { logId: this.#log.id, partition: index, records };
      if (!(await handOverBatch(batch, { handle, signal: this.#givenUp.signal, logger }))) return;
      this.#log.release(partition, records.length);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#drainTo = new Map(this.#log.partitions.map((partition) => [partition, partition.end]));
    this.#log.notify();
    const deadline = Promise.withResolvers<void>();
    const timer = setTimeout(() => deadline.resolve(), this.#options.drainMs ?? 5_000);
    await Promise.race([this.#finished, deadline.promise]);
    clearTimeout(timer);
    this.#givenUp.abort();
    this.#log.notify();
    this.#logWhatIsLeft();
    await this.#shared[Symbol.asyncDispose]();
  }

  #logWhatIsLeft(): void {
    if (!this.#reading) return;
    const events = this.#log.partitions.reduce((sum, partition) => sum + partition.records.length, 0);
    this.#options.logger.error({ events }, 'stopped before all events of the memory log were handled');
  }
}
