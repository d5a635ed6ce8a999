import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { occasionalWarning } from '@keyward/kit/occasional-log';
import { pause } from '@keyward/kit/pause';
import { newId } from '@keyward/kit/random';
import type { EventProducer } from '@keyward/stores/ports/event-log';
import type { Outbox, OutboxEntry } from '@keyward/stores/ports/outbox';
import { leaseMs, ShardLeases } from './shard-leases.ts';

interface RelayOptions {
  outbox: Outbox;
  producer: EventProducer;
  clock: Clock;
  logger: Logger;
}

const entriesPerShard = 500;
/** Between two reads, unless there is a whole batch more: events gather meanwhile, and a batch costs little more than one. */
const gatherMs = 50;
const wholeBatch = 2_000;
const retryMs = 200;
const drainMs = 5_000;

/**
 * Moves events from the outboxes to the log: read the oldest, append, and only when the log has acknowledged them,
 * trim. One append at a time keeps a client's order; dying between two steps repeats events, which ingest recognises
 * by their ids. Disposing drains what this relay owns, for at most 5 s, and gives its leases back.
 */
export function startRelay({ outbox, producer, clock, logger }: RelayOptions): AsyncDisposable {
  const relay = newId();
  const leases = new ShardLeases({ outbox, clock, relay });
  const stopping = new AbortController();
  const drained = new AbortController();

  const message = 'events could not be relayed; they wait in their outbox';
  const warnNotMoved = occasionalWarning({ logger, clock, message });

  /** Answers how many events it moved. */
  async function moveOnce(): Promise<number> {
    await leases.giveBackSurplus();
    const entries = await outbox.read(leases.held(), entriesPerShard);
    if (entries.length === 0) return 0;
    await producer.append(entries, drained.signal);
    await outbox.trim(relay, lastPositions(entries));
    return entries.length;
  }

  async function keepBalanced(): Promise<void> {
    while (!stopping.signal.aborted) {
      await leases
        .balance()
        .catch((error) => logger.warn({ err: error }, 'the leases of the outboxes could not be renewed'));
      await pause(leaseMs / 5, stopping.signal);
    }
  }

  async function keepMoving(): Promise<void> {
    while (!stopping.signal.aborted) {
      const moved = await moveOnce().catch((error) => {
        if (!stopping.signal.aborted) warnNotMoved(error);
        return undefined;
      });
      if (moved === undefined) await pause(retryMs, stopping.signal);
      else if (moved < wholeBatch) await pause(gatherMs, stopping.signal);
    }
  }

  async function drain(): Promise<void> {
    const giveUp = setTimeout(() => drained.abort(), drainMs);
    try {
      while (!drained.signal.aborted && (await moveOnce()) > 0);
    } catch (error) {
      logger.warn({ err: error }, 'not all events could be relayed before the stop; they wait in their outbox');
    } finally {
      clearTimeout(giveUp);
    }
    await leases
      .releaseAll()
      .catch((error) => logger.warn({ err: error }, 'the leases could not be given back; they run out by themselves'));
  }

  const working = Promise.all([keepBalanced(), keepMoving()]);
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      const patience = setTimeout(() => drained.abort(), drainMs);
      await working;
      clearTimeout(patience);
      await drain();
    },
  };
}

function lastPositions(entries: readonly OutboxEntry[]): Map<number, string> {
  return new Map(entries.map(({ shard, position }) => [shard, position]));
}
