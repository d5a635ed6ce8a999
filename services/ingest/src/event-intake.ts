import type { Logger } from '@keyward/kit/logger';
import { pause } from '@keyward/kit/pause';
import { traceBatch } from '@keyward/kit/trace-batch';
import type { Tracing } from '@keyward/kit/tracing';
import type { EventConsumer } from '@keyward/stores/ports/event-log';
import { isMissingTable } from '@keyward/stores/postgres/sql-state';
import type { UsageWriter } from '@keyward/stores/postgres/usage-writer';
import type { IngestMetrics } from './ingest-metrics.ts';

interface EventIntakeOptions {
  consumer: EventConsumer;
  writer: UsageWriter;
  metrics: IngestMetrics;
  logger: Logger;
  tracing?: Tracing | undefined;
}

const longestRetryMs = 10_000;

/**
 * Waits until the tables are there and lets the consumer read into the writer. The consumer is not closed here: it belongs to
 * the service, which closes it next, before the database.
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
    const { consumer, writer, metrics, tracing } = this.#options;
    await this.#tablesAreThere();
    if (this.#stopped.signal.aborted) return;
    consumer.run(
      (batch) => {
        const work = () => metrics.measured(() => writer.write(batch));
        const traceparents = tracing ? batch.records.flatMap(({ traceparent }) => traceparent ?? []) : [];
        return traceBatch(tracing, { name: 'ingest', kind: 'consumer', traceparents, work });
      },
      (logId, partition) => writer.storedOffset(logId, partition),
    );
  }

  /** Tries until it is done or the service stops. Partitions that are missing then are made when a batch needs them. */
  async #tablesAreThere(): Promise<void> {
    const { signal } = this.#stopped;
    for (let retryMs = 500; !signal.aborted; retryMs = Math.min(retryMs * 2, longestRetryMs)) {
      try {
        await this.#options.writer.storedOffset('', 0);
        return;
      } catch (err) {
        const missing = isMissingTable(err);
        const reason = missing ? 'the tables are not there yet: run the migrations' : 'the tables could not be read';
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
