import type { PipelineEvent } from '@keyward/contract/pipeline-event';
import type { UsageSummary } from '@keyward/contract/usage-summary';

/** An entry that cannot be read stands in nobody's way: it is buried, for this reason. */
export interface UnreadableEvent {
  type: 'unreadable';
  reason: string;
}

export interface OutboxEntry {
  shard: number;
  /** The entry's place in its shard's outbox. */
  position: string;
  /** What the shard has held since it was last empty, as the projection named it. */
  incarnation: string;
  /** How many entries had given way to summaries before this one was read. */
  edition: number;
  /** What it takes of the store's memory, about. */
  bytes: number;
  event: PipelineEvent | UnreadableEvent;
}

/** What stands in one shard's outbox. */
export interface Backlog {
  shard: number;
  entries: number;
  /** What it takes of the store's memory, about. */
  bytes: number;
  /** How long the oldest entry has been there, ms; 0: there is none. */
  ageMs: number;
}

/** Entries that are to give way to summaries of them, all from after the sent mark. */
export interface Collapse {
  shard: number;
  positions: readonly string[];
  /** How many of them are decisions; the others are summaries. */
  decisions: number;
  summaries: readonly UsageSummary[];
}

export interface FlushOptions {
  newId: () => string;
  present?: boolean;
}

/**
 * The decided events that wait in the shards for the log. One relay owns a shard at a time, by a lease: two on one
 * outbox would break the order. A shard whose store does not answer does not hold up the others: it is left out of the answer.
 */
export interface Outbox extends AsyncDisposable {
  /** Says that this relay lives, for `ttlMs`; answers how many do, this one included. */
  heartbeat(relay: string, ttlMs: number): Promise<number>;
  /** Takes or renews the leases of shards for `ttlMs`; answers those of them that are now held. */
  claim(relay: string, shards: readonly number[], ttlMs: number): Promise<number[]>;
  /** Gives leases back, if they are still held. */
  release(relay: string, shards: readonly number[]): Promise<void>;
  /** The oldest entries of each of these shards, at most `limit` a shard, and fewer of large ones, in order. */
  read(shards: readonly number[], limit: number): Promise<OutboxEntry[]>;
  /**
   * Notes, before they are sent, that the log may hold what stands up to and including these entries: it is never collapsed
   * from then on. Answers the shards of which these entries may be sent: whose lease is still held, where no entry has given
   * way to a summary since they were read, and the last of them is still there.
   */
  markSent(relay: string, entries: readonly Pick<OutboxEntry, 'shard' | 'position' | 'edition'>[]): Promise<number[]>;
  /** Removes what is marked as sent and stands up to and including these positions, in shards whose lease is still held. */
  trim(relay: string, upTo: ReadonlyMap<number, string>): Promise<void>;
  /** Moves an entry that the log will never take to the shard's dead list; false: the lease has passed on. */
  bury(relay: string, entry: { shard: number; position: string; reason: string }): Promise<boolean>;
  backlogs(shards: readonly number[]): Promise<Backlog[]>;
  /**
   * By shard, its part of a quarter of its server's memory, bytes; the shards of a server without a bound are left out.
   */
  rooms(): Promise<ReadonlyMap<number, number>>;
  /**
   * The oldest entries from after the sent mark, and after `after` if that is later, at most `limit` and fewer of large ones,
   * in order: what may be collapsed.
   */
  readUnsent(shard: number, options: { after?: string; limit: number }): Promise<OutboxEntry[]>;
  /** All or nothing; false: the lease has passed on, or one of the entries is gone or may be in the log. */
  collapse(relay: string, collapse: Collapse): Promise<boolean>;
  /**
   * Puts the counts of refused requests of minutes that are over into the outboxes, with `present` also those of the present
   * one: each count into one summary, under the ids that `newId` makes. Answers how many summaries those were.
   */
  flushRefusals(shards: readonly number[], options: FlushOptions): Promise<number>;
}
