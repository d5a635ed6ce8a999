import type { Span, SpanOptions, Tracing } from './tracing.ts';

interface TracedBatch<T> {
  /** What is done to each of the batch. */
  name: string;
  kind: SpanOptions['kind'];
  /** The contexts of those in the batch whose traces are recorded; of most there is none. */
  traceparents: readonly string[];
  work: () => Promise<T>;
}

/**
 * Does the work on a batch. Each trace that the batch has something of gets a span of it, and the batch is a trace of its own:
 * they are linked to each other, so that what kept one waiting is found from it.
 */
export async function traceBatch<T>(
  tracing: Tracing | undefined,
  { name, kind, traceparents, work }: TracedBatch<T>,
): Promise<T> {
  if (!tracing || traceparents.length === 0) return work();
  const batch = tracing.start(`${name}: batch`, { kind: 'internal', links: traceparents });
  batch.set('messaging.batch.message_count', traceparents.length);
  const links = [batch.traceparent];
  const spans: Span[] = [batch, ...traceparents.map((parent) => tracing.start(name, { kind, parent, links }))];
  try {
    return await work();
  } catch (error) {
    for (const span of spans) span.fail();
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}
