import { type Clock, systemClock } from '@keyward/kit/clock';
import { within } from '../within.ts';
import { asking } from './connection.ts';

interface ShardQuestionsOptions {
  /** Told of each shard that did not answer. */
  warn(error: unknown): void;
  clock?: Clock;
}

/** Redis answers in a few milliseconds, hundreds of entries in tens of them. */
const timeoutMs = 500;
const restMs = 1_000;

/**
 * Asks shards all at once, each for a bounded time; one whose answer fails is left out, and not asked again for a while, so
 * that it does not slow down the others.
 */
export class ShardQuestions {
  readonly #warn: (error: unknown) => void;
  readonly #clock: Clock;
  readonly #restingUntilMs = new Map<number, number>();

  constructor({ warn, clock = systemClock }: ShardQuestionsOptions) {
    this.#warn = warn;
    this.#clock = clock;
  }

  /** The answers of the shards that gave one. */
  async ask<T>(shards: Iterable<number>, question: (shard: number) => Promise<T>): Promise<Map<number, T>> {
    const answers = new Map<number, T>();
    const awake = [...shards].filter((shard) => !this.#isResting(shard));
    await Promise.all(
      awake.map((shard) =>
        within(asking(put(question, shard)), timeoutMs).then(
          (answer) => void answers.set(shard, answer),
          (error) => this.#rest(shard, error),
        ),
      ),
    );
    return new Map(awake.flatMap((shard) => (answers.has(shard) ? [[shard, answers.get(shard) as T]] : []))); // in their order
  }

  #isResting(shard: number): boolean {
    return (this.#restingUntilMs.get(shard) ?? Number.NEGATIVE_INFINITY) > this.#clock.monotonicMs();
  }

  #rest(shard: number, error: unknown): void {
    this.#restingUntilMs.set(shard, this.#clock.monotonicMs() + restMs);
    this.#warn(error);
  }
}

/** Rejects where ioredis throws: at once, while it does not know who has the slot. */
async function put<T>(question: (shard: number) => Promise<T>, shard: number): Promise<T> {
  return question(shard);
}
