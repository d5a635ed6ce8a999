import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { occasionalWarning } from '@keyward/kit/occasional-log';
import { pause } from '@keyward/kit/pause';
import { newId } from '@keyward/kit/random';
import type { Tracing } from '@keyward/kit/tracing';
import type { EventProducer } from '@keyward/stores/ports/event-log';
import type { Outbox } from '@keyward/stores/ports/outbox';
import type { Registry } from 'prom-client';
import { OutboxCollapser } from './collapse-outboxes.ts';
import { EventMover } from './move-events.ts';
import { showRelayMetrics } from './relay-metrics.ts';
import { RelayProgress } from './relay-progress.ts';
import { leaseMs, ShardLeases } from './shard-leases.ts';

interface RelayOptions {
  outbox: Outbox;
  producer: EventProducer;
  clock: Clock;
  logger: Logger;
  /** The room for all outboxes together, bytes; 0 unless it is said: a quarter of the store's memory. */
  outboxMaxBytes?: number;
  metrics?: Registry;
  tracing?: Tracing | undefined;
}

/** Between two reads, unless there is a whole batch more: events gather meanwhile, and a batch costs little more than one. */
const gatherMs = 200;
const wholeBatch = 1_000;
const retryMs = 200;
const drainMs = 5_000;
const collapseEveryMs = 1_000;
/** Refusals are counted by the minute. */
const flushEveryMs = 20_000;

/**
 * Moves events from the outboxes that this relay owns to the log, keeps these outboxes within their room, and puts the
 * counts of refusals into them. One append at a time keeps a client's order. Disposing drains what this relay owns, for at
 * most 5 s, and gives its leases back.
 */
export function startRelay(options: RelayOptions): AsyncDisposable {
  const { outbox, producer, clock, logger, outboxMaxBytes: maxBytes = 0, metrics, tracing } = options;
  const relay = newId();
  const stopping = new AbortController();
  const drained = new AbortController();
  const warnOf = (message: string) => occasionalWarning({ logger, clock, message });
  const warnNotMoved = warnOf('events could not be relayed; they wait in their outbox');
  const leases = new ShardLeases({ outbox, clock, relay, warn: warnOf('the relays could not be counted') });
  const progress = new RelayProgress(clock);
  const common = { outbox, relay, leases, progress, clock, logger };
  const mover = new EventMover({ ...common, producer, tracing, signal: drained.signal });
  const collapser = new OutboxCollapser({ ...common, maxBytes, signal: stopping.signal });
  if (metrics) showRelayMetrics(metrics, { outbox, leases, progress });

  async function keepMoving(): Promise<void> {
    while (!stopping.signal.aborted) {
      const moved = await mover.moveOnce().catch((error) => {
        progress.failed();
        if (!stopping.signal.aborted) warnNotMoved(error);
        return undefined;
      });
      if (moved === undefined) await pause(retryMs, stopping.signal);
      else if (moved < wholeBatch) await pause(gatherMs, stopping.signal);
    }
  }

  /** In a loop of its own: it goes on while another waits. */
  async function keep(work: () => Promise<unknown>, everyMs: number, failure: string): Promise<void> {
    const warn = warnOf(failure);
    while (!stopping.signal.aborted) {
      await work().catch(warn);
      await pause(everyMs, stopping.signal);
    }
  }

  async function drain(): Promise<void> {
    const giveUp = setTimeout(() => drained.abort(), drainMs);
    try {
      await outbox.flushRefusals(leases.owned(), { newId, present: true });
      while (!drained.signal.aborted && (await mover.moveOnce()) > 0);
    } catch (error) {
      logger.warn({ err: error }, 'not all events could be relayed before the stop; they wait in their outbox');
    } finally {
      clearTimeout(giveUp);
    }
    await leases
      .releaseAll()
      .catch((error) => logger.warn({ err: error }, 'the leases could not be given back; they run out by themselves'));
  }

  const flush = () => outbox.flushRefusals(leases.owned(), { newId });
  const working = Promise.all([
    keep(() => leases.balance(), leaseMs / 5, 'the leases of the outboxes could not be renewed'),
    keep(flush, flushEveryMs, 'refusals could not be summed up; they wait in the store'),
    keep(() => collapser.collapseOnce(), collapseEveryMs, 'outboxes could not be kept within their room'),
    keepMoving(),
  ]);
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
