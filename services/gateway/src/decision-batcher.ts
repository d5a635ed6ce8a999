interface BatcherOptions<T> {
  /** Sends one call; settles when the call is over, and never rejects. */
  send(batch: T[]): Promise<void>;
  /** So many calls are in flight before anything waits. */
  freeCalls?: number;
  maxItems?: number;
  /** About so many bytes in one call; a single larger item travels alone. */
  maxBytes?: number;
  /** The longest wait for a call to come back. */
  maxWaitMs?: number;
}

/**
 * Gathers items into calls. While fewer than `freeCalls` are in flight an item leaves at once, alone; the others wait
 * for a call to come back and leave together. So nothing waits when idle, and batches grow with the load.
 *
 * Calls that hang on one slow item do not hold up the rest: whoever has waited `maxWaitMs` leaves all the same.
 */
export class DecisionBatcher<T extends { bytes: number }> {
  readonly #options: Required<BatcherOptions<T>>;
  #waiting: T[] = [];
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BatcherOptions<T>) {
    this.#options = { freeCalls: 4, maxItems: 64, maxBytes: 524_288, maxWaitMs: 10, ...options };
  }

  add(item: T): void {
    if (this.#inFlight < this.#options.freeCalls) {
      this.#send([item]);
      return;
    }
    this.#waiting.push(item);
    this.#timer ??= setTimeout(() => this.#sendWaiting(), this.#options.maxWaitMs);
  }

  #send(batch: T[]): void {
    this.#inFlight++;
    void this.#options.send(batch).finally(() => {
      this.#inFlight--;
      if (this.#waiting.length > 0 && this.#inFlight < this.#options.freeCalls) this.#sendWaiting();
    });
  }

  #sendWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#send(this.#take());
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#sendWaiting(), this.#options.maxWaitMs);
  }

  #take(): T[] {
    const { maxItems, maxBytes } = this.#options;
    let count = 0;
    for (let bytes = 0; count < Math.min(maxItems, this.#waiting.length); count++) {
      bytes += this.#waiting[count]?.bytes ?? 0;
      if (bytes > maxBytes && count > 0) break;
    }
    return this.#waiting.splice(0, count);
  }
}
