import type { PipelineEvent } from '@keyward/contract/pipeline-event';
import { validationEventType } from '@keyward/contract/validation-event';
import type { Logger } from '@keyward/kit/logger';
import { traceBatch } from '@keyward/kit/trace-batch';
import type { Tracing } from '@keyward/kit/tracing';
import type { EventProducer } from '@keyward/stores/ports/event-log';
import type { Outbox, OutboxEntry } from '@keyward/stores/ports/outbox';
import { appendAll } from '../append-all.ts';
import type { RelayProgress } from './relay-progress.ts';
import type { ShardLeases } from './shard-leases.ts';

export interface EventMoverOptions {
  outbox: Pick<Outbox, 'read' | 'markSent' | 'trim' | 'bury'>;
  producer: EventProducer;
  relay: string;
  leases: Pick<ShardLeases, 'held' | 'giveBackSurplus'>;
  progress: RelayProgress;
  logger: Logger;
  tracing?: Tracing | undefined;
  /** Ends an append. */
  signal: AbortSignal;
}

type ReadableEntry = OutboxEntry & { event: PipelineEvent };

const entriesPerShard = 500;

/**
 * Moves events from the outboxes to the log: read the oldest, mark them as sent, append, and only when the log has
 * acknowledged them, trim. Dying between two steps repeats events, which ingest recognises by their ids.
 */
export class EventMover {
  readonly #options: EventMoverOptions;

  constructor(options: EventMoverOptions) {
    this.#options = options;
  }

  /** Answers how many entries it moved. */
  async moveOnce(): Promise<number> {
    const { outbox, relay, leases, progress } = this.#options;
    await leases.giveBackSurplus();
    const entries = await outbox.read(leases.held(), entriesPerShard);
    /** Where an entry that should be buried still stands, nothing may be trimmed. */
    const blocked = new Set<number>();
    const readable = await this.#buryUnreadable(entries, blocked);
    if (readable.length === 0) return blocked.size > 0 ? 0 : entries.length;
    const sendable = new Set(await outbox.markSent(relay, readable));
    const batch = readable.filter(({ shard }) => sendable.has(shard));
    if (batch.length === 0) return 0;
    const refused = await progress.sending(() => this.#appendTraced(batch, blocked));
    await outbox.trim(relay, lastPositions(batch.filter(({ shard }) => !blocked.has(shard))));
    progress.moved(batch.length - refused);
    return batch.length;
  }

  /** Answers what can be sent. */
  async #buryUnreadable(entries: readonly OutboxEntry[], blocked: Set<number>): Promise<ReadableEntry[]> {
    for (const entry of entries)
      if (entry.event.type === 'unreadable') await this.#bury(entry, entry.event.reason, blocked);
    return entries.filter((entry): entry is ReadableEntry => isReadable(entry) && !blocked.has(entry.shard));
  }

  #appendTraced(batch: readonly ReadableEntry[], blocked: Set<number>): Promise<number> {
    const { tracing } = this.#options;
    const work = () => this.#append(batch, blocked);
    const traceparents = tracing ? batch.flatMap(({ event }) => traceIn(event)) : [];
    return traceBatch(tracing, { name: 'relay publish', kind: 'producer', traceparents, work });
  }

  /** Answers how many of the batch the log will never take; they are buried. */
  async #append(batch: readonly ReadableEntry[], blocked: Set<number>): Promise<number> {
    const { producer, signal } = this.#options;
    let refused = 0;
    const onRefused = async (entry: ReadableEntry, { code }: { code: string }) => {
      refused += 1;
      await this.#bury(entry, `the event log refused it: ${code}`, blocked);
    };
    await appendAll(producer, batch, { signal, onRefused });
    return refused;
  }

  async #bury({ shard, position }: OutboxEntry, reason: string, blocked: Set<number>): Promise<void> {
    const { outbox, relay, logger, progress } = this.#options;
    try {
      if (!(await outbox.bury(relay, { shard, position, reason }))) return void blocked.add(shard);
      progress.buried();
      logger.error({ shard, position, reason }, 'an entry of an outbox was moved to its dead list');
    } catch (err) {
      blocked.add(shard);
      logger.warn({ shard, position, err }, 'an entry of an outbox could not be moved to its dead list, trying again');
    }
  }
}

function traceIn(event: PipelineEvent): string[] {
  return event.type === validationEventType && event.data.traceparent ? [event.data.traceparent] : [];
}

function isReadable({ event }: OutboxEntry): boolean {
  return event.type !== 'unreadable';
}

function lastPositions(entries: readonly OutboxEntry[]): Map<number, string> {
  return new Map(entries.map(({ shard, position }) => [shard, position]));
}
