import type { Clock } from '@keyward/kit/clock';
import { showTotal } from '@keyward/kit/show-total';
import type { EventConsumer } from '@keyward/stores/ports/event-log';
import type { WriteOutcome } from '@keyward/stores/postgres/usage-writer';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

interface MetricsOptions {
  metrics: Registry;
  consumer: Pick<EventConsumer, 'restarts'>;
  clock: Clock;
}

/** What ingest tells of itself. */
export class IngestMetrics {
  readonly #clock: Clock;
  readonly #events;
  readonly #seconds;
  readonly #age;
  readonly #lag;
  #failures = 0;

  constructor({ metrics, consumer, clock }: MetricsOptions) {
    const registers = [metrics];
    this.#clock = clock;
    this.#events = new Counter({
      name: 'keyward_ingest_events_total',
      help: 'Records of the event log, by what became of them: counted, repeated (their ids were known) or dead.',
      labelNames: ['outcome'] as const,
      registers,
    });
    this.#seconds = new Histogram({
      name: 'keyward_ingest_batch_seconds',
      help: 'How long batches took that were written, seconds; its count is the number of batches.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#age = new Gauge({
      name: 'keyward_ingest_event_age_seconds',
      help: 'How old the newest and the oldest decision of the last batch were when they had been counted, seconds.',
      labelNames: ['event'] as const,
      registers,
    });
    this.#lag = new Gauge({
      name: 'keyward_ingest_lag_events',
      help: 'Records in all partitions of the event log that are not counted yet.',
      registers,
    });
    showTotal(metrics, {
      name: 'keyward_ingest_log_restarts_total',
      help: 'How often the log turned out to be another one, or shorter than what was read of it, and was read from its beginning.',
      read: () => consumer.restarts,
    });
    showTotal(metrics, {
      name: 'keyward_ingest_failures_total',
      help: 'Batches that could not be written, and come again.',
      read: () => this.#failures,
    });
  }

  /** Calls `write` and notes what came of it. */
  async measured(write: () => Promise<WriteOutcome>): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    const { counted, repeated, dead, decidedMs } = await this.#tried(write);
    this.#seconds.observe((this.#clock.monotonicMs() - startedMs) / 1_000);
    for (const [outcome, count] of Object.entries({ counted, repeated, dead })) this.#events.inc({ outcome }, count);
    if (!decidedMs) return;
    const nowMs = this.#clock.nowMs();
    this.#age.set({ event: 'newest' }, (nowMs - decidedMs.newest) / 1_000);
    this.#age.set({ event: 'oldest' }, (nowMs - decidedMs.oldest) / 1_000);
  }

  async #tried(write: () => Promise<WriteOutcome>): Promise<WriteOutcome> {
    try {
      return await write();
    } catch (error) {
      this.#failures += 1;
      throw error;
    }
  }

  setLag(events: number): void {
    this.#lag.set(events);
  }
}
