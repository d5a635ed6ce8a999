import type { Refusal } from '@keyward/contract/verdict';
import { pause } from '@keyward/kit/pause';
import type { DecisionStore } from '@keyward/stores/ports/decision-store';

const everyMs = 1_000;

interface RefusalCountsOptions {
  store: Pick<DecisionStore, 'countRefusals'>;
  warn(error: unknown): void;
}

/** Counts the refusals that no key is looked up for, in this process; each second the counts go to the store. */
export class RefusalCounts {
  readonly #store: Pick<DecisionStore, 'countRefusals'>;
  readonly #warn: (error: unknown) => void;
  #environments = new Map<string, Map<Refusal, number>>();

  constructor({ store, warn }: RefusalCountsOptions) {
    this.#store = store;
    this.#warn = warn;
  }

  add(environmentId: string, code: Refusal, count = 1): void {
    const counts = this.#environments.get(environmentId) ?? new Map<Refusal, number>();
    counts.set(code, (counts.get(code) ?? 0) + count);
    this.#environments.set(environmentId, counts);
  }

  /** What the store does not take stays here, for the next time. */
  async flush(): Promise<void> {
    const counted = this.#environments;
    this.#environments = new Map();
    await Promise.all(
      [...counted].map(([environmentId, counts]) =>
        this.#store.countRefusals(environmentId, counts).catch((error: unknown) => {
          this.#warn(error);
          for (const [code, count] of counts) this.add(environmentId, code, count);
        }),
      ),
    );
  }

  /** Flushes each second, and once more when it is disposed. */
  start(): AsyncDisposable {
    const stopping = new AbortController();
    const flushing = this.#keepFlushing(stopping.signal);
    return {
      async [Symbol.asyncDispose]() {
        stopping.abort();
        await flushing;
      },
    };
  }

  async #keepFlushing(stopping: AbortSignal): Promise<void> {
    while (!stopping.aborted) {
      await pause(everyMs, stopping);
      await this.flush();
    }
  }
}
