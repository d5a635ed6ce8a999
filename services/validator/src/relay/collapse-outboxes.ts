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
const fewEntries = 500;
/** Where too few of them count the same keys. */
const manyEntries = 8_000;
/** An outbox that could not be made small enough is gone through again when it has grown by this factor, or after this time. */
const growth = 1.25;
const stuckMs = 30_000;

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
  /** Outboxes that could not be made small enough, by shard: going through them every time would cost more the larger they are. */
  readonly #stuck = new Map<number, { bytes: number; untilMs: number }>();

  constructor(options: OutboxCollapserOptions) {
    this.#options = options;
  }

  /** Looks once at every outbox that this relay owns. */
  async collapseOnce(): Promise<void> {
    const { outbox, leases } = this.#options;
    await this.#lookAtRooms();
    for (const { shard, bytes } of await outbox.backlogs(leases.owned())) {
      const share = this.#shareOf(shard);
      if (bytes > share && !this.#isStuck(shard, bytes)) await this.#free(shard, { bytes, share });
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
  async #free(shard: number, { bytes, share }: { bytes: number; share: number }): Promise<void> {
    const { outbox, leases, signal } = this.#options;
    const goalBytes = bytes - margin * share;
    let freed = 0;
    const added = new Set<string>();
    let place: { after?: string; limit: number } = { limit: fewEntries };
    while (freed < goalBytes && !signal.aborted && leases.owns(shard)) {
      const read = await outbox.readUnsent(shard, place);
      const end = read.findIndex(({ event }) => 'data' in event && added.has(event.data.id));
      const entries = end < 0 ? read : read.slice(0, end);
      const last = entries.at(-1);
      if (!last) return this.#noteEnd(shard, { bytes: bytes - freed, share });
      const saved = await this.#collapse(entries, added);
      if (saved === 'passed on') return;
      freed += saved;
      if (saved > 0) continue;
      const isNarrow = entries.length === place.limit && place.limit < manyEntries;
      place = { ...place, ...(isNarrow ? { limit: manyEntries } : { after: last.position }) };
    }
  }

  #isStuck(shard: number, bytes: number): boolean {
    const stuck = this.#stuck.get(shard);
    return stuck !== undefined && bytes <= growth * stuck.bytes && this.#options.clock.monotonicMs() < stuck.untilMs;
  }

  /** There is nothing more to collapse; a store that does not answer looks the same. */
  #noteEnd(shard: number, { bytes, share }: { bytes: number; share: number }): void {
    const { clock, logger } = this.#options;
    if (bytes <= share) return;
    this.#stuck.set(shard, { bytes, untilMs: clock.monotonicMs() + stuckMs });
    logger.warn({ shard, bytes, share }, 'an outbox stays over its room: what it holds cannot be made smaller');
  }

  /** Answers how many bytes that saved, about. */
  async #collapse(entries: readonly OutboxEntry[], added: Set<string>): Promise<number | 'passed on'> {
    const { outbox, relay, progress } = this.#options;
    const plan = summarize(entries);
    if (!plan) return 0;
    const { savedBytes, ...collapse } = plan;
    if (!(await outbox.collapse(relay, collapse))) return 'passed on';
    for (const { id } of collapse.summaries) added.add(id);
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
