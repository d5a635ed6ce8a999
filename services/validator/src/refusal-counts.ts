import type { Refusal } from '@keyward/contract/verdict';
import { pause } from '@keyward/kit/pause';
import { newId } from '@keyward/kit/random';
import type { DecisionStore, RefusalBatch } from '@keyward/stores/ports/decision-store';

const everyMs = 1_000;

interface RefusalCountsOptions {
  store: Pick<DecisionStore, 'countRefusals'>;
  warn(error: unknown): void;
}

/** Counts the refusals that no key is looked up for, in this process; each second the counts go to the store. */
export class RefusalCounts {
  readonly #store: Pick<DecisionStore, 'countRefusals'>;
  readonly #warn: (error: unknown) => void;
  readonly #sender = newId();
  /** What was counted since the last batch, by environment. */
  readonly #counting = new Map<string, Map<Refusal, number>>();
  /**
   * Batches on their way, by environment: one that failed may have been counted all the same, so it stays as it is, and is sent
   * again before the next.
   */
  readonly #sending = new Map<string, RefusalBatch>();
  #lastNumber = 0;

  constructor({ store, warn }: RefusalCountsOptions) {
    this.#store = store;
    this.#warn = warn;
  }

  add(environmentId: string, code: Refusal): void {
    const counts = this.#counting.get(environmentId) ?? new Map<Refusal, number>();
    counts.set(code, (counts.get(code) ?? 0) + 1);
    this.#counting.set(environmentId, counts);
  }

  /** Sends all that was counted before; what the store does not take stays here. One at a time. */
  async flush(): Promise<void> {
    const environmentIds = new Set([...this.#sending.keys(), ...this.#counting.keys()]);
    await Promise.all([...environmentIds].map((environmentId) => this.#send(environmentId).catch(this.#warn)));
  }

  /** Flushes each second, and once more when it is disposed. */
  start(): AsyncDisposable {
    const stopping = new AbortController();
    const flushing = this.#keepFlushing(stopping.signal);
    return {
      [Symbol.asyncDispose]: async () => {
        stopping.abort();
        await flushing;
        await this.flush();
      },
    };
  }

  async #keepFlushing(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      await this.flush();
      await pause(everyMs, stopping);
    }
  }

  async #send(environmentId: string): Promise<void> {
    const failed = this.#sending.get(environmentId);
    if (failed) await this.#sendBatch(failed);
    const counts = this.#counting.get(environmentId);
    if (!counts) return;
    this.#counting.delete(environmentId);
    this.#lastNumber += 1;
    await this.#sendBatch({ sender: this.#sender, number: this.#lastNumber, environmentId, counts });
  }

  async #sendBatch(batch: RefusalBatch): Promise<void> {
    this.#sending.set(batch.environmentId, batch);
    await this.#store.countRefusals(batch);
    this.#sending.delete(batch.environmentId);
  }
}
