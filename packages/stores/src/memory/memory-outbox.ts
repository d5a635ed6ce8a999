import type { Outbox, OutboxEntry } from '../ports/outbox.ts';
import { type MemoryShards, memoryShards } from './memory-shards.ts';

export class MemoryOutbox implements Outbox {
  readonly #shards: MemoryShards;
  readonly #close: () => Promise<void>;

  constructor(shards: MemoryShards, close: () => Promise<void> = async () => undefined) {
    this.#shards = shards;
    this.#close = close;
  }

  static async open(url: string): Promise<MemoryOutbox> {
    const shared = await memoryShards.acquire(url);
    return new MemoryOutbox(shared.instance, () => shared[Symbol.asyncDispose]());
  }

  async heartbeat(relay: string, ttlMs: number): Promise<number> {
    const { relays, clock } = this.#shards;
    const nowMs = clock.nowMs();
    relays.set(relay, nowMs + ttlMs);
    for (const [other, untilMs] of relays) if (untilMs <= nowMs) relays.delete(other);
    return relays.size;
  }

  async claim(relay: string, shards: readonly number[], ttlMs: number): Promise<number[]> {
    const { leases, clock } = this.#shards;
    const free = shards.filter((shard) => this.#owner(shard) === undefined || this.#owner(shard) === relay);
    for (const shard of free) leases.set(shard, { relay, expiresAtMs: clock.nowMs() + ttlMs });
    return free;
  }

  async release(relay: string, shards: readonly number[]): Promise<void> {
    for (const shard of shards) if (this.#owner(shard) === relay) this.#shards.leases.delete(shard);
  }

  async read(shards: readonly number[], limit: number): Promise<OutboxEntry[]> {
    return shards.flatMap((shard) => this.#shards.outboxes[shard]?.slice(0, limit) ?? []);
  }

  async trim(relay: string, upTo: ReadonlyMap<number, string>): Promise<void> {
    for (const [shard, position] of upTo) {
      const outbox = this.#shards.outboxes[shard];
      if (!outbox || this.#owner(shard) !== relay) continue;
      const last = outbox.findIndex((entry) => entry.position === position);
      outbox.splice(0, last + 1);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }

  #owner(shard: number): string | undefined {
    const lease = this.#shards.leases.get(shard);
    return lease && lease.expiresAtMs > this.#shards.clock.nowMs() ? lease.relay : undefined;
  }
}
