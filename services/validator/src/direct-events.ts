import type { Logger } from '@keyward/kit/logger';
import { pause } from '@keyward/kit/pause';
import type { EventProducer, ShardedEvent } from '@keyward/stores/ports/event-log';
import { appendAll } from './append-all.ts';

interface DirectEventsOptions {
  producer: EventProducer;
  logger: Logger;
  /** How many may wait: about 500 bytes each. */
  capacity?: number;
}

const batchEvents = 2_000;
const retryMs = 1_000;
const drainMs = 5_000;

/**
 * The events of decisions that were made without the store: they wait in memory and go straight to the log, one append at
 * a time, in their order. Disposing waits until they are kept, for at most 5 s.
 */
export class DirectEvents implements AsyncDisposable {
  readonly #options: DirectEventsOptions;
  readonly #capacity: number;
  readonly #givenUp = new AbortController();
  #waiting: ShardedEvent[] = [];
  #sending: Promise<void> | undefined;

  constructor(options: DirectEventsOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? 50_000;
  }

  /** Takes an event in; false: there is no room for it. */
  add(event: ShardedEvent): boolean {
    if (this.#waiting.length >= this.#capacity) return false;
    this.#waiting.push(event);
    this.#sending ??= this.#send();
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const giveUp = setTimeout(() => this.#givenUp.abort(), drainMs);
    await this.#sending;
    clearTimeout(giveUp);
    const events = this.#waiting.length;
    if (events > 0) this.#options.logger.error({ events }, 'stopped before all events reached the log; these are lost');
  }

  async #send(): Promise<void> {
    const { signal } = this.#givenUp;
    while (this.#waiting.length > 0 && !signal.aborted) {
      await this.#sendBatch(signal);
    }
    this.#sending = undefined; // in one turn with the look at what waits, so that nothing is left waiting
  }

  /** What is on its way counts as waiting, until the log has it. */
  async #sendBatch(signal: AbortSignal): Promise<void> {
    const batch = this.#waiting.slice(0, batchEvents);
    try {
      await this.#append(batch);
      this.#waiting.splice(0, batch.length);
    } catch (err) {
      if (signal.aborted) return;
      this.#options.logger.error({ err }, 'events could not be appended to the log, trying again');
      await pause(retryMs, signal);
    }
  }

  #append(batch: readonly ShardedEvent[]): Promise<void> {
    const { producer, logger } = this.#options;
    return appendAll(producer, batch, {
      signal: this.#givenUp.signal,
      onRefused: ({ event }, err) =>
        logger.error({ err, eventId: event.data.id }, 'the log refused an event; it is not counted'),
    });
  }
}
