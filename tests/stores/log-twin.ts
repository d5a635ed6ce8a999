import type { EventProducer, ShardedEvent } from '@keyward/stores/ports/event-log';

/** A log that the test plays: what it kept, and who is writing which shard just now. */
export class LogTwin implements EventProducer {
  readonly kept: ShardedEvent[] = [];
  /** Shards that two producers wrote at the same time. */
  readonly clashes = new Set<number>();
  readonly writing: Map<number, LogTwin>;
  /** Called before anything is kept; it may reject or wait. */
  before: (events: readonly ShardedEvent[], signal: AbortSignal) => Promise<void> = async () => undefined;

  constructor(writing = new Map<number, LogTwin>()) {
    this.writing = writing;
  }

  async append(events: readonly ShardedEvent[], signal: AbortSignal): Promise<void> {
    const shards = new Set(events.map(({ shard }) => shard));
    for (const shard of shards) {
      if (this.writing.has(shard)) this.clashes.add(shard);
      this.writing.set(shard, this);
    }
    try {
      await this.before(events, signal);
      this.kept.push(...events);
    } finally {
      for (const shard of shards) if (this.writing.get(shard) === this) this.writing.delete(shard);
    }
  }

  get ids(): string[] {
    return this.kept.map(({ event }) => event.data.id);
  }

  get shards(): Set<number> {
    return new Set(this.kept.map(({ shard }) => shard));
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
