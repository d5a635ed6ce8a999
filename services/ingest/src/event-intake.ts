import type { Logger } from '@keyward/kit/logger';
import { pause } from '@keyward/kit/pause';
import type { EventConsumer } from '@keyward/stores/ports/event-log';
import { isMissingTable } from '@keyward/stores/postgres/sql-state';
import type { UsageWriter } from '@keyward/stores/postgres/usage-writer';

interface EventIntakeOptions {
  consumer: EventConsumer;
  writer: UsageWriter;
  logger: Logger;
}

const upkeepMs = 3_600_000;
const longestRetryMs = 10_000;

/**
 * Waits until the tables are there, lets the consumer read into the writer, and keeps the partitions by the hour. The
 * consumer is not closed here: it belongs to the service, which closes it next, before the database.
 */
export class EventIntake implements AsyncDisposable {
  readonly #options: EventIntakeOptions;
  readonly #stopped = new AbortController();
  readonly #finished: Promise<void>;

  constructor(options: EventIntakeOptions) {
    this.#options = options;
    this.#finished = this.#work();
  }

  async #work(): Promise<void> {
    const { consumer, writer } = this.#options;
    await this.#keepPartitions();
    if (this.#stopped.signal.aborted) return;
    consumer.run(
      (batch) => writer.write(batch),
      (logId, partition) => writer.storedOffset(logId, partition),
    );
    while (!this.#stopped.signal.aborted) {
      await pause(upkeepMs, this.#stopped.signal);
      await this.#keepPartitions();
    }
  }

  /** Tries until it is done or the service stops. */
  async #keepPartitions(): Promise<void> {
    const { signal } = this.#stopped;
    for (let retryMs = 500; !signal.aborted; retryMs = Math.min(retryMs * 2, longestRetryMs)) {
      try {
        return await this.#options.writer.keepPartitions();
      } catch (err) {
        const missing = isMissingTable(err);
        const reason = missing
          ? 'the tables are not there yet: run the migrations'
          : 'the partitions could not be kept';
        this.#options.logger.warn(missing ? { retryMs } : { err, retryMs }, `${reason}; trying again`);
      }
      await pause(retryMs, signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#finished;
  }
}
