import { Redis } from 'ioredis';
import { uniqueName } from '../backends/unique-name.ts';
import { waitUntil } from '../backends/wait-until.ts';

export interface CommandCounts {
  /** Runs of the decision's script. */
  decisions: number;
  /** Reads of a customer key's record. */
  recordReads: number;
}

/** What the validators ask of a single Redis, by its own account (MONITOR). */
export class StoreCommands implements Disposable {
  readonly #operator: Redis;
  readonly #monitor: Redis;
  readonly #seen = { decisions: 0, recordReads: 0 };
  #lastEcho = '';

  private constructor(operator: Redis, monitor: Redis) {
    this.#operator = operator;
    this.#monitor = monitor;
    monitor.on('monitor', (_time: string, words: string[], source: string) => {
      // What a script does is part of the script's run.
      if (source !== 'lua') this.#count(words);
    });
  }

  static async of(redisUrl: string): Promise<StoreCommands> {
    const operator = new Redis(redisUrl);
    return new StoreCommands(operator, await operator.monitor());
  }

  /** What was asked while `work` ran. */
  async during(work: () => Promise<unknown>): Promise<CommandCounts> {
    const before = await this.#upToNow();
    await work();
    const after = await this.#upToNow();
    return {
      decisions: after.decisions - before.decisions,
      recordReads: after.recordReads - before.recordReads,
    };
  }

  [Symbol.dispose](): void {
    this.#monitor.disconnect();
    this.#operator.disconnect();
  }

  /** Redis reports its commands in their order: once it reports this one, those before it are counted. */
  async #upToNow(): Promise<CommandCounts> {
    const marker = uniqueName('marker');
    await this.#operator.echo(marker);
    await waitUntil(() => this.#lastEcho === marker, { what: 'the monitor', timeoutMs: 10_000, everyMs: 1 });
    return { ...this.#seen };
  }

  /** Only a decision names the entry of a request (redis/keys.ts); of what names a record, only a read counts nothing. */
  #count([name = '', ...words]: string[]): void {
    const names = (part: string) => words.some((word) => word.includes(part));
    if (/^echo$/i.test(name)) this.#lastEcho = words[0] ?? '';
    if (!/^eval(sha)?$/i.test(name)) return;
    if (names('}n:')) this.#seen.decisions += 1;
    if (names('}k:') && !names('}u:')) this.#seen.recordReads += 1;
  }
}
