import type { Logger } from '@keyward/kit/logger';

/** Shards that share a server go and come together, within this time. */
const gatherMs = 500;

/** One sentence in the log for the shards that went away, and one for those that are back. */
export class ShardReports implements Disposable {
  readonly #logger: Logger;
  readonly #gone = new Set<number>();
  readonly #back = new Set<number>();
  #cause: Error | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  away(shard: number, cause: Error): void {
    this.#gone.add(shard);
    this.#cause ??= cause;
    this.#report();
  }

  back(shard: number): void {
    this.#back.add(shard);
    this.#report();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#write();
  }

  #report(): void {
    this.#timer ??= setTimeout(() => this.#write(), gatherMs);
  }

  #write(): void {
    this.#timer = undefined;
    const [gone, back] = [[...this.#gone], [...this.#back]];
    if (gone.length > 0) this.#logger.warn({ shards: gone, err: this.#cause }, 'shards of the store went away');
    if (back.length > 0) this.#logger.info({ shards: back }, 'shards of the store are back');
    this.#gone.clear();
    this.#back.clear();
    this.#cause = undefined;
  }
}
