import { decisionIn, validation } from '@keyward/contract/pipeline-event';
import { newId } from '@keyward/kit/random';
import { decodeEvent } from '@keyward/stores/event-codec';
import { openEventConsumer, openEventProducer } from '@keyward/stores/open-event-log';
import type { EventConsumer, LogBatch, ShardedEvent } from '@keyward/stores/ports/event-log';
import { describeKafkaBackends } from '@keyward/tests/backends/describe-backends';
import { startNativeKafka } from '@keyward/tests/backends/kafka-broker';
import { waitUntil } from '@keyward/tests/backends/wait-until';
import { describe, expect, it } from 'vitest';
import { quietLogger as logger, sampleEvent } from './sample-events.ts';

const never = new AbortController().signal;
const shards = 64;

/** Events of one client per shard, numbered through in `durationUs`. */
function numbered(count: number, from = 0): ShardedEvent[] {
  return Array.from({ length: count }, (_, i) => {
    const shard = (from + i) % shards;
    const clientId = `00000000-0000-4000-8000-0000000000${shard.toString(16).padStart(2, '0')}`;
    return { shard, event: validation(sampleEvent({ clientId, durationUs: from + i })) };
  });
}

/** What a handler has taken in: the numbers of the events, by client, in the order in which they came. */
class Intake {
  readonly byClient = new Map<string, number[]>();
  readonly take = async (batch: LogBatch): Promise<void> => {
    for (const record of batch.records) {
      const decoded = decodeEvent(record);
      if ('reason' in decoded) throw new Error(decoded.reason);
      const event = decisionIn(decoded);
      this.byClient.set(event.clientId, [...(this.byClient.get(event.clientId) ?? []), event.durationUs]);
    }
  };

  get numbers(): number[] {
    return [...this.byClient.values()].flat();
  }

  async holds(count: number): Promise<void> {
    const what = () => `${count} events, of which ${new Set(this.numbers).size} came`;
    const all = () => new Set(this.numbers).size >= count;
    await waitUntil(all, { what: what(), timeoutMs: 25_000 }).catch((error) => {
      throw new Error(`${error.message}; in the end ${what()}`);
    });
  }

  /** Each client's events in order; an event that came again does not count. */
  expectOrder(): void {
    for (const numbers of this.byClient.values()) {
      const first = [...new Set(numbers)];
      expect(first).toEqual(first.toSorted((a, b) => a - b));
    }
  }
}

function reads(consumer: EventConsumer): Promise<boolean> {
  return waitUntil(() => consumer.reading, { what: 'the consumer to read', timeoutMs: 25_000 });
}

describeKafkaBackends('event log', (backend) => {
  /** What only one of the adapters promises. */
  const onlyOn = (name: typeof backend.name) => (backend.name === name ? it : () => undefined);

  it('delivers everything that was appended once, each client in order', async () => {
    const url = await backend.url();
    await using producer = await openEventProducer(url, { logger });
    await using consumer = await openEventConsumer(url, { logger });
    const intake = new Intake();
    consumer.run(intake.take);
    // Not one after the other: calls are served in the order in which they were made.
    await Promise.all([0, 500, 1_000, 1_500].map((from) => producer.append(numbered(500, from), never)));
    await intake.holds(2_000);
    intake.expectOrder();
    expect(intake.numbers).toHaveLength(2_000);
  });

  it('keeps one shard in one partition and names one log', async () => {
    const url = await backend.url();
    await using producer = await openEventProducer(url, { logger });
    await using consumer = await openEventConsumer(url, { logger });
    const places = new Map<string, Set<string>>();
    const intake = new Intake();
    consumer.run(async (batch) => {
      await intake.take(batch);
      for (const record of batch.records) {
        const decoded = decodeEvent(record);
        if ('reason' in decoded) throw new Error(decoded.reason);
        const event = decisionIn(decoded);
        const place = `${batch.logId} ${batch.partition}`;
        places.set(event.clientId, (places.get(event.clientId) ?? new Set()).add(place));
      }
    });
    await producer.append(numbered(256), never);
    await intake.holds(256);
    const found = [...places.values()];
    expect(found.map((set) => set.size)).toEqual(Array.from({ length: shards }, () => 1));
    expect(new Set(found.flatMap((set) => [...set].map((place) => place.split(' ')[0]))).size).toBe(1);
    expect(new Set(found.flatMap((set) => [...set])).size).toBeGreaterThan(1);
  });

  it('says where it ends: with what was appended, and not with what comes later', async () => {
    const url = await backend.url();
    await using producer = await openEventProducer(url, { logger });
    await using consumer = await openEventConsumer(url, { logger });
    await producer.append(numbered(150), never);
    const ends = await consumer.ends();
    expect(ends.partitions.reduce((sum, { end }) => sum + end, 0)).toBe(150);
    expect(ends.partitions.every(({ first }) => first === 0)).toBe(true);
    const logIds = new Set<string>();
    const handled = new Map<number, number>();
    consumer.run(async ({ logId, partition, records }) => {
      logIds.add(logId);
      handled.set(partition, (records.at(-1)?.offset ?? 0) + 1);
    });
    const isPast = () => ends.partitions.every(({ partition, end }) => end <= (handled.get(partition) ?? 0));
    await waitUntil(isPast, { what: 'the reader to pass these ends', timeoutMs: 25_000 });
    expect([...logIds]).toEqual([ends.logId]);
    await producer.append(numbered(1), never);
    const next = await consumer.ends();
    expect(next.partitions.reduce((sum, { end }) => sum + end, 0)).toBe(151);
  });

  it('hands over the same batch again until its handler succeeds', async () => {
    const url = await backend.url();
    await using producer = await openEventProducer(url, { logger });
    await using consumer = await openEventConsumer(url, { logger });
    await producer.append(numbered(100), never);
    const intake = new Intake();
    const refused = new Map<number, string[]>();
    consumer.run(async (batch) => {
      const seen = refused.get(batch.partition) ?? [];
      refused.set(batch.partition, [...seen, batch.records.map((record) => record.offset).join()]);
      if (seen.length < 2) throw new Error('not now');
      await intake.take(batch);
    });
    await intake.holds(100);
    expect(intake.numbers).toHaveLength(100);
    for (const [first, ...again] of refused.values()) expect(again.slice(0, 2)).toEqual([first, first]);
  });

  it('lets a second consumer take over when the first is disposed', async () => {
    const url = await backend.url();
    await using producer = await openEventProducer(url, { logger });
    const first = await openEventConsumer(url, { logger });
    const intake = new Intake();
    first.run(intake.take);
    await producer.append(numbered(300), never);
    await intake.holds(300);
    await using second = await openEventConsumer(url, { logger });
    second.run(intake.take);
    await first[Symbol.asyncDispose]();
    expect(first.reading).toBe(false);
    await producer.append(numbered(300, 300), never);
    await intake.holds(600);
    expect(second.reading).toBe(true);
    intake.expectOrder();
  });

  it('appends nothing once the signal has fired, and says why', async () => {
    await using producer = await openEventProducer(await backend.url(), { logger });
    const why = new Error('the lease is lost');
    await expect(producer.append(numbered(1), AbortSignal.abort(why))).rejects.toBe(why);
  });

  onlyOn('memory')('hands over what was appended before it stops', async () => {
    const url = await backend.url();
    await using producer = await openEventProducer(url, { logger });
    const consumer = await openEventConsumer(url, { logger });
    const intake = new Intake();
    let refusals = 3;
    consumer.run(async (batch) => {
      if (refusals-- > 0) throw new Error('not now');
      await intake.take(batch);
    });
    await producer.append(numbered(5_000), never);
    await consumer[Symbol.asyncDispose]();
    expect(intake.numbers).toHaveLength(5_000);
  });

  onlyOn('memory')('makes producers wait when it is full, and drops nothing', async () => {
    const url = await backend.url();
    await using producer = await openEventProducer(url, { logger });
    const stop = new AbortController();
    const tooMany = numbered(100_500);
    const refused = expect(producer.append(tooMany, stop.signal)).rejects.toThrow('enough');
    await new Promise(setImmediate);
    stop.abort(new Error('enough'));
    await refused;
    const waiting = producer.append(numbered(500, 100_000), never);
    await using consumer = await openEventConsumer(url, { logger });
    const numbers = new Set<number>();
    consumer.run(async (batch) => {
      for (const { value } of batch.records) numbers.add(JSON.parse(value.toString()).durationUs);
    });
    await waiting;
    await waitUntil(() => numbers.size === 100_500, { what: 'all events', timeoutMs: 20_000 });
  });

  onlyOn('kafka')('takes more at once than one request holds, and says what it refuses', async () => {
    const url = await backend.url();
    await using producer = await openEventProducer(url, { logger });
    await using consumer = await openEventConsumer(url, { logger });
    const intake = new Intake();
    consumer.run(intake.take);
    // All of one client, so of one shard and one partition: 2.6 MB where a broker takes 1 MB at once.
    const one = sampleEvent();
    const large = numbered(640).map(({ event }) => ({
      shard: 0,
      event: validation({ ...decisionIn(event), clientId: one.clientId, methodPath: 'x'.repeat(4_000) }),
    }));
    await producer.append(large, never);
    const tooLarge = { shard: 1, event: validation(sampleEvent({ methodPath: 'x'.repeat(2_000_000) })) };
    await expect(producer.append([tooLarge], never)).rejects.toMatchObject({
      name: 'EventsRefused',
      code: 'MESSAGE_TOO_LARGE',
    });
    await producer.append(numbered(64, 640), never);
    await intake.holds(704);
    expect(intake.numbers).toHaveLength(704);
    intake.expectOrder();
  });

  onlyOn('kafka')('takes small events in any number, whose headers weigh more than they do', async () => {
    await using producer = await openEventProducer(await backend.url(), { logger });
    const { id, environmentId, clientId, keyId, decidedAtMs } = sampleEvent();
    const small = {
      id,
      environmentId,
      clientId,
      keyId,
      verdict: 'ALLOWED',
      methodPath: '',
      durationUs: 1,
      decidedAtMs,
    };
    const event = { shard: 0, incarnation: newId(), event: validation(small) };
    await producer.append(Array(5_000).fill(event), never);
  });

  onlyOn('kafka')('goes back to the stored offset when the group is ahead of it', async () => {
    const url = await backend.url();
    await using producer = await openEventProducer(url, { logger });
    await producer.append(numbered(640), never);
    const before = new Intake();
    {
      await using consumer = await openEventConsumer(url, { logger });
      consumer.run(before.take);
      await before.holds(640);
    }
    await producer.append(numbered(64, 640), never);
    await using consumer = await openEventConsumer(url, { logger });
    const after = new Intake();
    consumer.run(after.take, async () => 40);
    await after.holds((640 / 8 - 40) * 8 + 64);
    expect(after.numbers).toHaveLength((640 / 8 - 40) * 8 + 64);
    after.expectOrder();
  });
});

describe('event log on a Kafka that goes away', () => {
  it('waits for the broker and then delivers everything in order', { timeout: 90_000 }, async () => {
    await using broker = await privateBroker();
    const url = `${broker.url}/away?group=away`;
    await using producer = await openEventProducer(url, { logger });
    await using consumer = await openEventConsumer(url, { logger });
    const intake = new Intake();
    await broker.kill();
    consumer.run(intake.take);
    let appended = false;
    const early = producer.append(numbered(200), never).then(() => {
      appended = true;
    });
    await broker.restart();
    await early;
    expect(appended).toBe(true);
    await intake.holds(200);
    for (let from = 200; from < 1_400; from += 400) {
      const sends = [0, 100, 200, 300].map((more) => producer.append(numbered(100, from + more), never));
      await broker.kill();
      await broker.restart();
      await Promise.all(sends);
    }
    await intake.holds(1_400);
    intake.expectOrder();
  });

  it('stops at once when it is told to, with the broker away or frozen', { timeout: 60_000 }, async () => {
    await using broker = await privateBroker();
    const url = `${broker.url}/stops?group=stops`;
    const producer = await openEventProducer(url, { logger });
    const consumer = await openEventConsumer(url, { logger });
    consumer.run(async () => undefined);
    await producer.append(numbered(10), never);
    await reads(consumer);
    broker.freeze();
    const stop = new AbortController();
    const pending = producer.append(numbered(10, 10), stop.signal);
    const why = new Error('stop');
    stop.abort(why);
    await expect(pending).rejects.toBe(why);
    const again = expect(producer.append(numbered(10, 10), never)).rejects.toThrow('closed');
    const began = performance.now();
    await Promise.all([producer[Symbol.asyncDispose](), consumer[Symbol.asyncDispose](), again]);
    expect(performance.now() - began).toBeLessThan(8_000);
    broker.thaw();
  });
});

async function privateBroker() {
  const broker = await startNativeKafka();
  return Object.assign(broker, { [Symbol.asyncDispose]: () => broker.stop() });
}
