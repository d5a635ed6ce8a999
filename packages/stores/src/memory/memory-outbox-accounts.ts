import type { BuriedEntry, OutboxAccount, OutboxAccounts } from '../ports/outbox-accounts.ts';
import { allShards } from '../shards.ts';
import { type MemoryShards, memoryShards } from './memory-shards.ts';

export class MemoryOutboxAccounts implements OutboxAccounts {
  readonly #shards: MemoryShards;
  readonly #close: () => Promise<void>;

  private constructor(shards: MemoryShards, close: () => Promise<void>) {
    this.#shards = shards;
    this.#close = close;
  }

  static async open(url: string): Promise<MemoryOutboxAccounts> {
    const shared = await memoryShards.acquire(url);
    return new MemoryOutboxAccounts(shared.instance, () => shared[Symbol.asyncDispose]());
  }

  async read(): Promise<OutboxAccount[]> {
    const { incarnation } = this.#shards;
    return allShards.map((shard) => {
      const { added, entries, collapsed, eventsCollapsed, buried } = this.#shards.outbox(shard);
      return { shard, incarnation, added, waiting: entries.length, collapsed, eventsCollapsed, buried };
    });
  }

  async listBuried(limit: number): Promise<BuriedEntry[]> {
    const { incarnation } = this.#shards;
    return allShards.flatMap((shard) =>
      this.#shards
        .outbox(shard)
        .dead.slice(0, limit)
        .map(({ position, event: { type, data }, reason }) => {
          return { shard, incarnation, position, place: position, type, value: JSON.stringify(data), reason };
        }),
    );
  }

  async dropBuried(entries: readonly Pick<BuriedEntry, 'shard' | 'place'>[]): Promise<void> {
    for (const { shard, place } of entries) {
      const { dead } = this.#shards.outbox(shard);
      const at = dead.findIndex(({ position }) => position === place);
      if (at >= 0) dead.splice(at, 1);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}
