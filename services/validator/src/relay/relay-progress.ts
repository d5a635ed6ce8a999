import type { Clock } from '@keyward/kit/clock';

/** What a relay has done so far, for whoever looks at it. */
export class RelayProgress {
  readonly #clock: Clock;
  events = 0;
  batches = 0;
  failures = 0;
  buriedEntries = 0;
  collapsedEvents = 0;
  #sentMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Since when events are on their way to the log that it has not acknowledged, ms; 0: there are none. */
  get unacknowledgedMs(): number {
    return this.#sentMs === undefined ? 0 : this.#clock.monotonicMs() - this.#sentMs;
  }

  /** Until `send` succeeds, what it sends is not acknowledged: also while it is tried again. */
  async sending<T>(send: () => Promise<T>): Promise<T> {
    this.#sentMs ??= this.#clock.monotonicMs();
    const answer = await send();
    this.#sentMs = undefined;
    return answer;
  }

  moved(events: number): void {
    this.events += events;
    this.batches += 1;
  }

  failed(): void {
    this.failures += 1;
  }

  buried(): void {
    this.buriedEntries += 1;
  }

  collapsed(events: number): void {
    this.collapsedEvents += events;
  }
}
