import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import type { Outbox, OutboxEntry } from '@keyward/stores/ports/outbox';
import { shardCount } from '@keyward/stores/shards';
import type { RelayProgress } from './relay-progress.ts';
import type { ShardLeases } from './shard-leases.ts';
import { summarize } from './summarize.ts';

export interface OutboxCollapserOptions {
  outbox: Pick<Outbox, 'backlogs' | 'rooms' | 'readUnsent' | 'collapse'>;
  relay: string;
  leases: Pick<ShardLeases, 'owned' | 'owns'>;
  progress: RelayProgress;
  clock: Clock;
  logger: Logger;
  /** The room for all outboxes together; 0: a part of the store's memory. */
  maxBytes: number;
  signal: AbortSignal;
}

/** The room for all outboxes in a store without a bound. */
const unboundedBytes = 1024 ** 3;
/** A shard over its share is made smaller than the share by this factor, so that it is not over it again at once. */
const margin = 0.75;
const roomsEveryMs = 60_000;
const warnEveryMs = 30_000;
const mostEntries = 500;

/**
 * Keeps the outboxes within their room when the log is away for long: the oldest entries that were not sent yet give way to
 * summaries at the end, and these to summaries of them in turn. Counts stay exact, what else the events said is gone.
 */
export class OutboxCollapser {
  readonly #options: OutboxCollapserOptions;
  #rooms: ReadonlyMap<number, number> = new Map();
  #roomsUntilMs = Number.NEGATIVE_INFINITY;
  #warnedMs = Number.NEGATIVE_INFINITY;
  #unwarned = 0;

  constructor(options: OutboxCollapserOptions) {
    this.#options = options;
  }

  /** Looks once at every outbox that this relay owns. */
  async collapseOnce(): Promise<void> {
    const { outbox, leases } = this.#options;
    await this.#lookAtRooms();
    for (const { shard, bytes } of await outbox.backlogs(leases.owned())) {
      const share = this.#shareOf(shard);
      if (bytes > share) await this.#free(shard, bytes - margin * share);
    }
    this.#warn();
  }

  async #lookAtRooms(): Promise<void> {
    const { outbox, clock, maxBytes } = this.#options;
    if (maxBytes > 0 || clock.monotonicMs() < this.#roomsUntilMs) return;
    this.#rooms = await outbox.rooms();
    this.#roomsUntilMs = clock.monotonicMs() + roomsEveryMs;
  }

  #shareOf(shard: number): number {
    const { maxBytes } = this.#options;
    if (maxBytes > 0) return maxBytes / shardCount;
    return this.#rooms.get(shard) ?? unboundedBytes / shardCount;
  }

  /** Goes through what may be collapsed, up to the summaries that it adds itself. */
  async #free(shard: number, goalBytes: number): Promise<void> {
    const { outbox, leases, signal } = this.#options;
    const added = new Set<string>();
    let place: { after?: string; limit: number } = { limit: mostEntries };
    for (let freed = 0; freed < goalBytes && !signal.aborted && leases.owns(shard); ) {
      const read = await outbox.readUnsent(shard, place);
      const end = read.findIndex(({ event }) => 'data' in event && added.has(event.data.id));
      const entries = end < 0 ? read : read.slice(0, end);
      const last = entries.at(-1);
      if (!last) return;
      const saved = await this.#collapse(entries, added);
      if (saved === 'passed on') return;
      freed += saved;
      if (saved === 0) place = { ...place, after: last.position };
    }
  }

  /** Answers how many bytes that saved, about. */
  async #collapse(entries: readonly OutboxEntry[], added: Set<string>): Promise<number | 'passed on'> {
    const { outbox, relay, progress } = this.#options;
    const plan = summarize(entries);
    if (!plan) return 0;
    const { savedBytes, ...collapse } = plan;
    if (!(await outbox.collapse(relay, collapse))) return 'passed on';
    added.add(collapse.summary.id);
    progress.collapsed(collapse.decisions);
    this.#unwarned += collapse.decisions;
    return savedBytes;
  }

  #warn(): void {
    const { clock, logger } = this.#options;
    if (this.#unwarned === 0 || clock.monotonicMs() < this.#warnedMs + warnEveryMs) return;
    logger.warn(
      { events: this.#unwarned },
      'outboxes were over their room: events were summed up, and lost their detail',
    );
    this.#warnedMs = clock.monotonicMs();
    this.#unwarned = 0;
  }
}
