import type { Clock } from '@keyward/kit/clock';
import type { Outbox } from '@keyward/stores/ports/outbox';
import { allShards } from '@keyward/stores/shards';

export const leaseMs = 10_000;

interface ShardLeasesOptions {
  outbox: Outbox;
  clock: Clock;
  relay: string;
  /** Told when the relays could not be counted. */
  warn(error: unknown): void;
}

/**
 * The shards that this relay owns: its fair share among the relays that live. A lease counts as held only while it
 * cannot have run out, by this process's own clock, measured from before it was asked for.
 */
export class ShardLeases {
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #relay: string;
  readonly #warn: (error: unknown) => void;
  #relays = 1;
  readonly #until = new Map<number, number>();
  /** Over the share: not read any more, given back once nothing of them is on its way to the log. */
  readonly #surplus = new Set<number>();

  constructor(options: ShardLeasesOptions) {
    this.#outbox = options.outbox;
    this.#clock = options.clock;
    this.#relay = options.relay;
    this.#warn = options.warn;
  }

  /** What is to be read and sent. */
  held(): number[] {
    return this.owned().filter((shard) => !this.#surplus.has(shard));
  }

  /** With what is over the share: nobody else looks after it before it is given back, which may take as long as the log is away. */
  owned(): number[] {
    return allShards.filter((shard) => this.owns(shard));
  }

  owns(shard: number): boolean {
    return (this.#until.get(shard) ?? 0) > this.#clock.monotonicMs();
  }

  /** Renews what is held, marks what is over the share, takes what is free and under it. */
  async balance(): Promise<void> {
    const askedMs = this.#clock.monotonicMs();
    await this.#countRelays();
    const share = Math.ceil(allShards.length / this.#relays);
    const held = this.held();
    for (const shard of held.slice(share)) this.#surplus.add(shard);
    await this.#renew([...held.slice(0, share), ...this.#surplus], askedMs);
    const missing = share - this.held().length;
    if (missing <= 0) return;
    const others = allShards.filter((shard) => !held.includes(shard) && !this.#surplus.has(shard));
    // Ask for a few at a time, so that relays that start together do not take all and give back most.
    for (let i = 0; i < others.length && this.held().length < share; i += missing) {
      await this.#claim(others.slice(i, i + Math.min(missing, share - this.held().length)), askedMs);
    }
  }

  /** While nobody can be counted, because their shard is away, there are as many as there were: the other shards go on. */
  async #countRelays(): Promise<void> {
    try {
      this.#relays = await this.#outbox.heartbeat(this.#relay, leaseMs);
    } catch (error) {
      this.#warn(error);
    }
  }

  /** Gives back what is over the share; to be called between two moves, so that no shard is moved by two at once. */
  async giveBackSurplus(): Promise<void> {
    await this.#giveBack([...this.#surplus]);
  }

  async releaseAll(): Promise<void> {
    await this.#giveBack([...this.#until.keys()]);
  }

  /** What is given back while the answer is on its way stays given back. */
  async #renew(shards: readonly number[], askedMs: number): Promise<void> {
    if (shards.length === 0) return;
    const renewed = new Set(await this.#outbox.claim(this.#relay, shards, leaseMs));
    for (const shard of shards) {
      if (!this.#until.has(shard)) continue;
      if (renewed.has(shard)) this.#until.set(shard, askedMs + leaseMs);
      else this.#until.delete(shard);
    }
  }

  async #claim(shards: readonly number[], askedMs: number): Promise<void> {
    if (shards.length === 0) return;
    const claimed = await this.#outbox.claim(this.#relay, shards, leaseMs);
    for (const shard of claimed) this.#until.set(shard, askedMs + leaseMs);
  }

  async #giveBack(shards: readonly number[]): Promise<void> {
    for (const shard of shards) {
      this.#until.delete(shard);
      this.#surplus.delete(shard);
    }
    if (shards.length > 0) await this.#outbox.release(this.#relay, shards);
  }
}
