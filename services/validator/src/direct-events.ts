import type { Logger } from '@keyward/kit/logger';
import { pause } from '@keyward/kit/pause';
import type { EventProducer, EventsRefused, ShardedEvent } from '@keyward/stores/ports/event-log';
import { appendAll } from './append-all.ts';
import type { EventSpool } from './event-spool.ts';

interface DirectEventsOptions {
  producer: EventProducer;
  logger: Logger;
  /** Where events wait that the log does not take soon; without it they wait in memory only. */
  spool?: EventSpool;
  /** How many may wait in memory: about 500 bytes each. */
  capacity?: number;
  /** How long the log may take for a batch before what waits goes to the spool. */
  patienceMs?: number;
  /** How long disposing waits for the log. */
  drainMs?: number;
}

const batchEvents = 2_000;
const retryMs = 1_000;
const drainMs = 5_000;

/**
 * The events of decisions that were made without the store: they wait in memory and go straight to the log, one append at
 * a time, in their order. While the log does not take them they go to the spool, if there is one, which is sent first later.
 * Disposing waits until they are kept, for at most 5 s; what is left then goes to the spool, too.
 */
export class DirectEvents implements AsyncDisposable {
  readonly #options: DirectEventsOptions;
  readonly #capacity: number;
  readonly #patienceMs: number;
  readonly #givenUp = new AbortController();
  /** Replaced by another when its events go to the spool. */
  #waiting: ShardedEvent[] = [];
  #sending: Promise<void> | undefined;
  #spooling: Promise<void> | undefined;
  /** Ends the append of events that go to the spool. */
  #moved = new AbortController();
  /** It was full, or could not be written, when that was tried last. */
  #isSpoolStuck = false;
  #refused = 0;
  #lost = 0;

  constructor(options: DirectEventsOptions) {
    this.#options = options;
    this.#capacity = options.capacity ?? 50_000;
    this.#patienceMs = options.patienceMs ?? 3_000;
    if (options.spool && !options.spool.isEmpty) this.#sending = this.#send();
  }

  /** How many wait in memory, and how many were refused for good or lost since the process began. */
  get counts(): { waiting: number; refused: number; lost: number } {
    return { waiting: this.#waiting.length, refused: this.#refused, lost: this.#lost };
  }

  /** Takes an event in; false: there is no room for it. */
  add(event: ShardedEvent): boolean {
    if (this.#waiting.length >= this.#capacity) return false;
    this.#waiting.push(event);
    this.#sending ??= this.#send();
    if (!this.#isSpoolStuck && this.#waiting.length * 5 >= this.#capacity) this.#moveToSpool();
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const giveUp = setTimeout(() => this.#givenUp.abort(), this.#options.drainMs ?? drainMs);
    await this.#sending;
    clearTimeout(giveUp);
    await this.#spooling;
    this.#moveToSpool();
    await this.#spooling;
    const events = this.#waiting.length;
    if (events === 0) return;
    this.#lost += events;
    this.#options.logger.error({ events }, 'stopped before all events reached the log; these are lost');
  }

  async #send(): Promise<void> {
    const { signal } = this.#givenUp;
    while (!signal.aborted && this.#hasWork()) await this.#sendNext(signal);
    this.#sending = undefined; // in one turn with the look at what waits, so that nothing is left waiting
  }

  #hasWork(): boolean {
    return this.#waiting.length > 0 || this.#options.spool?.isEmpty === false;
  }

  async #sendNext(signal: AbortSignal): Promise<void> {
    const { spool, logger } = this.#options;
    const impatient = spool ? setInterval(() => this.#moveToSpool(), this.#patienceMs) : undefined;
    try {
      if (spool && !spool.isEmpty) await this.#sendSpooled(spool);
      else await this.#sendBatch();
    } catch (err) {
      if (signal.aborted) return;
      logger.error({ err }, 'events could not be appended to the log, trying again');
      this.#moveToSpool();
      await pause(retryMs, signal);
    } finally {
      clearInterval(impatient);
    }
  }

  async #sendSpooled(spool: EventSpool): Promise<void> {
    const spooled = await spool.oldest();
    if (!spooled) return;
    const { events } = spooled;
    for (let at = 0; at < events.length; at += batchEvents)
      await this.#append(events.slice(at, at + batchEvents), this.#givenUp.signal);
    await spooled.done();
  }

  /** What is on its way counts as waiting, until the log has it. */
  async #sendBatch(): Promise<void> {
    const source = this.#waiting;
    const { signal: moved } = this.#moved;
    const batch = source.slice(0, batchEvents);
    try {
      await this.#append(batch, AbortSignal.any([this.#givenUp.signal, moved]));
    } catch (error) {
      if (moved.aborted) return;
      throw error;
    }
    // What went to the spool meanwhile comes twice, by the same ids.
    if (this.#waiting === source) source.splice(0, batch.length);
  }

  #append(batch: readonly ShardedEvent[], signal: AbortSignal): Promise<void> {
    const { producer } = this.#options;
    return appendAll(producer, batch, { signal, onRefused: (event, refusal) => this.#setAside(event, refusal) });
  }

  async #setAside(event: ShardedEvent, err: EventsRefused): Promise<void> {
    const { spool, logger } = this.#options;
    const eventId = event.event.data.id;
    this.#refused += 1;
    logger.error({ err, eventId }, 'the log refused an event; it is not counted');
    await spool
      ?.keepRefused(event, err.code)
      .catch((error) => logger.error({ err: error, eventId }, 'the refused event could not be kept; it is lost'));
  }

  /** Begins to write what waits in memory to the spool, unless that is going on. */
  #moveToSpool(): void {
    const { spool } = this.#options;
    if (!spool || this.#waiting.length === 0) return;
    this.#spooling ??= this.#writeToSpool(spool).finally(() => {
      this.#spooling = undefined;
    });
  }

  async #writeToSpool(spool: EventSpool): Promise<void> {
    const events = [...this.#waiting];
    let written = 0;
    try {
      written = await spool.write(events);
      this.#noteTrouble(written < events.length, { bytes: spool.bytes });
    } catch (err) {
      this.#noteTrouble(true, { err });
    }
    if (written === 0) return;
    const spooled = new Set(events.slice(0, written));
    this.#waiting = this.#waiting.filter((event) => !spooled.has(event));
    this.#moved.abort();
    this.#moved = new AbortController();
  }

  #noteTrouble(isTrouble: boolean, facts: object): void {
    if (isTrouble && !this.#isSpoolStuck)
      this.#options.logger.error(facts, 'the spool takes no further events; they wait in memory');
    this.#isSpoolStuck = isTrouble;
  }
}
