import { newId } from '@keyward/kit/random';
import { openOutbox } from '@keyward/stores/open-shards';
import type { Outbox } from '@keyward/stores/ports/outbox';
import { allShards } from '@keyward/stores/shards';

const leaseMs = 3_600_000;
const entriesPerShard = 500;

/**
 * Holds the leases of all outboxes, as a relay does that moves nothing: what a decision costs without its relay can then be
 * measured on the product as it is. Released, the validator's own relay takes over.
 */
export class RelayHold {
  readonly #outbox: Outbox;
  readonly #relay = newId();

  private constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** To be opened before the first validator starts. */
  static async open(redisUrl: string): Promise<RelayHold> {
    const hold = new RelayHold(await openOutbox(redisUrl));
    await hold.#claim();
    return hold;
  }

  /** Forgets the events that wait, so that Redis does not grow with them. */
  async discard(): Promise<void> {
    await this.#claim();
    for (;;) {
      const entries = await this.#outbox.read(allShards, entriesPerShard);
      if (entries.length === 0) return;
      await this.#outbox.markSent(this.#relay, entries);
      await this.#outbox.trim(this.#relay, new Map(entries.map(({ shard, position }) => [shard, position])));
    }
  }

  async release(): Promise<void> {
    await this.#outbox.release(this.#relay, allShards);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#outbox[Symbol.asyncDispose]();
  }

  async #claim(): Promise<void> {
    const held = await this.#outbox.claim(this.#relay, allShards, leaseMs);
    if (held.length < allShards.length) throw new Error('another relay owns outboxes');
  }
}
