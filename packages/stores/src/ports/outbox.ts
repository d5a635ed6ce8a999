import type { PipelineEvent } from '@keyward/contract/pipeline-event';

export interface OutboxEntry {
  shard: number;
  /** The entry's place in its shard's outbox. */
  position: string;
  /** What the shard has held since it was last empty, as the projection named it. */
  incarnation: string;
  event: PipelineEvent;
}

/**
 * The decided events that wait in the shards for the log. One relay owns a shard at a time, by a lease: two on one
 * outbox would break the order.
 */
export interface Outbox extends AsyncDisposable {
  /** Says that this relay lives, for `ttlMs`; answers how many do, this one included. */
  heartbeat(relay: string, ttlMs: number): Promise<number>;
  /** Takes or renews the leases of shards for `ttlMs`; answers those of them that are now held. */
  claim(relay: string, shards: readonly number[], ttlMs: number): Promise<number[]>;
  /** Gives leases back, if they are still held. */
  release(relay: string, shards: readonly number[]): Promise<void>;
  /** The oldest entries of each of these shards, at most `limit` a shard, in order. */
  read(shards: readonly number[], limit: number): Promise<OutboxEntry[]>;
  /** Removes what stands up to and including these positions, in shards whose lease is still held. */
  trim(relay: string, upTo: ReadonlyMap<number, string>): Promise<void>;
}
