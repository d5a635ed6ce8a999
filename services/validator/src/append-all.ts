import { type EventProducer, EventsRefused, type ShardedEvent } from '@keyward/stores/ports/event-log';

interface AppendAll<E> {
  signal: AbortSignal;
  /** An event that the log will never take; what this rejects with ends the appending. */
  onRefused(event: E, refusal: EventsRefused): void | Promise<void>;
}

/**
 * Appends the events in their order. Where the log refuses some, they are halved until those are found that it will never
 * take, and the others go on; what was kept of a refused batch comes again.
 */
export async function appendAll<E extends ShardedEvent>(
  producer: EventProducer,
  events: readonly E[],
  { signal, onRefused }: AppendAll<E>,
): Promise<void> {
  const [first] = events;
  if (!first) return;
  try {
    await producer.append(events, signal);
  } catch (error) {
    if (!(error instanceof EventsRefused)) throw error;
    if (events.length === 1) return onRefused(first, error);
    const middle = Math.ceil(events.length / 2);
    await appendAll(producer, events.slice(0, middle), { signal, onRefused });
    await appendAll(producer, events.slice(middle), { signal, onRefused });
  }
}
