import { decisionIn, validation } from '@keyward/contract/pipeline-event';
import { decodeEvent } from '@keyward/stores/event-codec';
import { openEventConsumer, openEventProducer } from '@keyward/stores/open-event-log';
import type { LogBatch, ShardedEvent, StoredOffset } from '@keyward/stores/ports/event-log';
import { describeKafkaBackends } from '@keyward/tests/backends/describe-backends';
import { withKafka } from '@keyward/tests/backends/kafka-admin';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { expect, it } from 'vitest';
import { quietLogger as logger, sampleEvent } from './sample-events.ts';

const never = new AbortController().signal;

/** Takes events in and stores its offsets beside them, as ingest does. */
class Taker {
  readonly ids = new Set<string>();
  readonly #offsets = new Map<string, number>();

  readonly take = async ({ logId, partition, records }: LogBatch): Promise<void> => {
    for (const record of records) {
      const event = decodeEvent(record);
      if ('reason' in event) throw new Error(event.reason);
      this.ids.add(decisionIn(event).id);
      this.#offsets.set(`${logId} ${partition}`, record.offset + 1);
    }
  };
  readonly storedOffset: StoredOffset = async (logId, partition) => this.#offsets.get(`${logId} ${partition}`);

  async has(events: readonly ShardedEvent[]): Promise<void> {
    const missing = () => events.filter(({ event }) => !this.ids.has(event.data.id)).length;
    await waitUntil(() => missing() === 0, { what: 'all events', timeoutMs: 40_000 }).catch((error) => {
      throw new Error(`${error.message}; ${missing()} are missing`);
    });
  }
}

describeKafkaBackends('a log that is not the one before', (backend) => {
  if (backend.name === 'memory') {
    it('never meets an offset of another one: its name is new each time', async () => {
      const names = [];
      for (const url of [await backend.url(), await backend.url()]) {
        await using consumer = await openEventConsumer(url, { logger });
        names.push((await consumer.ends()).logId);
      }
      expect(new Set(names).size).toBe(2);
    });
    return;
  }

  const newEvents = (count: number): ShardedEvent[] =>
    Array.from({ length: count }, (_, shard) => ({ shard: shard % 64, event: validation(sampleEvent()) }));

  async function append(url: string, count: number): Promise<ShardedEvent[]> {
    await using producer = await openEventProducer(url, { logger });
    const events = newEvents(count);
    await producer.append(events, never);
    return events;
  }

  async function read(url: string, events: readonly ShardedEvent[], taker: Taker): Promise<number> {
    await using consumer = await openEventConsumer(url, { logger });
    consumer.run(taker.take, taker.storedOffset);
    await taker.has(events);
    return consumer.restarts;
  }

  async function deleteTopic(url: string): Promise<void> {
    const topic = new URL(url).pathname.slice(1);
    await withKafka(url, async (admin) => {
      await admin.deleteTopics({ topics: [topic] });
      const gone = async () => !(await admin.listTopics()).includes(topic);
      await waitUntil(gone, { what: 'the topic to be gone', timeoutMs: 10_000 });
    });
  }

  it('is read whole when its topic was deleted and made anew, shorter or longer than before', {
    timeout: 120_000,
  }, async () => {
    for (const [before, after] of [
      [640, 64],
      [64, 640],
    ] as const) {
      const [url, taker] = [await backend.url(), new Taker()];
      await read(url, await append(url, before), taker);
      await deleteTopic(url);
      await read(url, await append(url, after), taker);
      expect(taker.ids.size).toBe(before + after);
    }
  });

  it('is read whole when that happens under the eyes of a reader', { timeout: 120_000 }, async () => {
    const [url, taker] = [await backend.url(), new Taker()];
    const before = await append(url, 64);
    await using consumer = await openEventConsumer(url, { logger });
    consumer.run(taker.take, taker.storedOffset);
    await taker.has(before);
    await deleteTopic(url);
    await taker.has(await append(url, 640));
  });

  it('is read from its beginning, with an alarm, when the stored offset lies beyond its end', {
    timeout: 60_000,
  }, async () => {
    const [url, taker] = [await backend.url(), new Taker()];
    const events = await append(url, 640);
    await using consumer = await openEventConsumer(url, { logger });
    consumer.run(taker.take, async () => 10_000);
    await taker.has(events);
    expect(consumer.restarts).toBeGreaterThan(0);
  });

  it('is read whole where nothing is stored of it, though the group is at its end', { timeout: 60_000 }, async () => {
    const url = await backend.url();
    const events = await append(url, 640);
    await read(url, events, new Taker());
    // Another database: nobody writes any more, and still everything comes.
    expect(await read(url, events, new Taker())).toBeGreaterThan(0);
  });
});
