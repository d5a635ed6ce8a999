import type { Clock } from '@keyward/kit/clock';
import { StoreAway } from './store-away.ts';
import { within } from './within.ts';

export interface BreakerOptions {
  /** Asks the shard whether it is there and what it holds can be decided by; see `DecisionStore.probe`. */
  probe(): Promise<boolean>;
  timeoutMs: number;
  clock: Clock;
  /** Ends the probing. */
  stopping: AbortSignal;
  onAway(cause: StoreAway): void;
  onBack(): void;
}

/** Between two probes of a shard that is away, ms. */
const probeEveryMs = 100;
/** A probe that is not even refused by then is taken as lost, and the next may leave. */
const probeLifeMs = 5_000;

/**
 * One shard of the store as this process finds it. A question that is not answered puts it in doubt, and a probe is sent at
 * once; when that is not answered either, the shard is away: questions fail at once, unsent, and nothing piles up in a
 * connection that hangs. A probe that is answered in time brings it back.
 */
export class ShardBreaker {
  readonly #options: BreakerOptions;
  #away: StoreAway | undefined;
  /** One probe at most is under way. */
  #probing = false;
  #vouchedMs = Number.NEGATIVE_INFINITY;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get isAway(): boolean {
    return this.#away !== undefined;
  }

  /** Since when it has not said that what it holds can be decided by, ms; infinite when it never has. */
  get silentMs(): number {
    return this.#options.clock.monotonicMs() - this.#vouchedMs;
  }

  /**
   * The answer to a question. `vouches` says of an answer whether the shard holds its data and not only stands there empty.
   * @throws {StoreAway} within the time-out; at once while the shard is away.
   */
  async ask<T>(question: () => Promise<T>, vouches: (answer: T) => boolean): Promise<T> {
    if (this.#away) throw this.#away;
    try {
      return await this.#put(question, vouches);
    } catch (error) {
      if (error instanceof StoreAway) this.#probe();
      throw error;
    }
  }

  /** Probes it, unless it has vouched for itself in the last `freshMs`. */
  check(freshMs: number): void {
    if (this.silentMs >= freshMs) this.#probe();
  }

  /** An answer tells how things stood when its question was sent, and not when this process came to read it. */
  async #put<T>(question: () => Promise<T>, vouches: (answer: T) => boolean): Promise<T> {
    const sentMs = this.#options.clock.monotonicMs();
    const answer = await within(question(), this.#options.timeoutMs);
    if (vouches(answer)) this.#vouchedMs = Math.max(this.#vouchedMs, sentMs);
    return answer;
  }

  #goAway(cause: StoreAway): void {
    if (this.#away) return;
    this.#away = cause;
    this.#options.onAway(cause);
  }

  #comeBack(): void {
    this.#probing = false;
    if (!this.#away) return;
    this.#away = undefined;
    this.#options.onBack();
  }

  #probe(): void {
    if (this.#probing || this.#options.stopping.aborted) return;
    this.#probing = true;
    const answer = this.#options.probe();
    this.#put(() => answer, isComplete).then(
      () => this.#comeBack(),
      (error) => {
        if (!(error instanceof StoreAway)) return this.#comeBack(); // it answers; the next request reports the fault
        this.#goAway(error);
        // Not before this probe is out of the way, so that the next is not sent on top of it.
        const next = () => this.#probeSoon();
        within(answer, probeLifeMs).then(next, next);
      },
    );
  }

  #probeSoon(): void {
    this.#probing = true;
    setTimeout(() => {
      this.#probing = false;
      this.#probe();
    }, probeEveryMs);
  }
}

const isComplete = (complete: boolean) => complete;
