import type { PipelineEvent } from '@keyward/contract/pipeline-event';
import { validation } from '@keyward/contract/pipeline-event';
import { refusalSummaryType } from '@keyward/contract/refusal-summary';
import { usageSummaryType } from '@keyward/contract/usage-summary';
import { newId } from '@keyward/kit/random';
import { encodeEvent, traceOf } from '@keyward/stores/event-codec';
import { openEventProducer } from '@keyward/stores/open-event-log';
import type { ShardedEvent } from '@keyward/stores/ports/event-log';
import { describeKafkaBackends } from '@keyward/tests/backends/describe-backends';
import { CloudEvent, Kafka as KafkaBinding } from 'cloudevents';
import { Kafka, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import { quietLogger as logger, sampleEvent } from './sample-events.ts';

interface Message {
  key: string;
  value: string;
  headers: Record<string, string>;
}

const hour = { hourMs: 0, endpoint: 'GET:/users', verdict: 'ALLOWED', durationUs: 2, durations: [0, 2] };
const ids = { environmentId: newId(), clientId: newId(), keyId: newId() };
const events: PipelineEvent[] = [
  validation(sampleEvent({ decidedAtMs: 1_700_000_000_123, name: 'é "\n' })),
  {
    type: usageSummaryType,
    data: { id: newId(), events: 2, counts: [{ ...hour, ...ids, count: 2, cost: 2, lastDecidedAtMs: 1 }] },
  },
  {
    type: refusalSummaryType,
    data: { id: newId(), counts: [{ minuteMs: 0, environmentId: newId(), code: 'INVALID_KEY', count: 3 }] },
  },
];

describeKafkaBackends('a record of the event log', (backend) => {
  /** As the log holds them; what is in memory has no records, but for what is made of events. */
  async function recordsOf(sent: readonly ShardedEvent[]): Promise<Message[]> {
    if (backend.name === 'memory') return sent.map(encodeEvent);
    const url = await backend.url();
    await using producer = await openEventProducer(url, { logger });
    await producer.append(sent, new AbortController().signal);
    return readAll(url, sent.length);
  }

  it('is a CloudEvent to the official SDK, whichever type it has, with our extensions', async () => {
    const sent = events.map((event) => ({ shard: 7, incarnation: 'since-then', event }));
    const read = (await recordsOf(sent)).map(eventIn);
    expect(read.map(({ type }) => type)).toEqual(events.map(({ type }) => type));
    for (const [i, event] of read.entries()) {
      const { type, data } = events[i] as PipelineEvent;
      expect(event.validate()).toBe(true);
      expect(event).toMatchObject({ specversion: '1.0', id: data.id, type, datacontenttype: 'application/json' });
      expect(event).toMatchObject({ shard: '7', incarnation: 'since-then' });
      expect(event.data).toEqual(data);
    }
    expect(read[0]).toMatchObject({
      source: `/environments/${(events[0] as { data: { environmentId: string } }).data.environmentId}`,
      time: '2023-11-14T22:13:20.123Z',
    });
    expect(read.slice(1).map(({ source }) => source)).toEqual(['/shards/7', '/shards/7']);
  });

  it('has its trace as the extension for distributed tracing has it, and nowhere else', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const data = sampleEvent({});
    const [message] = await recordsOf([{ shard: 7, event: validation({ ...data, traceparent }) }]);
    if (!message) throw new Error('no record');
    expect(eventIn(message)).toMatchObject({ traceparent, data });
    expect(message.value).not.toContain(traceparent);
    expect(traceOf(message.headers)).toEqual({ traceparent });
    expect(traceOf({ ce_traceparent: Buffer.from(traceparent.replace(/1$/, '0')) })).toEqual({});
  });

  it('has no extension when it came past the outboxes', async () => {
    const [event] = events;
    if (!event) throw new Error('no event');
    const [read] = (await recordsOf([{ shard: 7, event }])).map(eventIn);
    expect(read).not.toHaveProperty('shard');
    expect(read).not.toHaveProperty('incarnation');
  });
});

function eventIn({ key, value, headers }: Message): CloudEvent<unknown> {
  const message = { key, value, headers, body: value };
  const event = KafkaBinding.toEvent(message);
  if (!(event instanceof CloudEvent)) throw new Error('not one event');
  return event;
}

/** The first records of a log, by a client that is not ours; in the order of the partition that all are in. */
async function readAll(url: string, count: number): Promise<Message[]> {
  const { host, pathname } = new URL(url);
  const kafka = new Kafka({ brokers: host.split(','), clientId: 'keyward-tests', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: newId() });
  const messages: Message[] = [];
  const { promise: done, resolve } = Promise.withResolvers<void>();
  try {
    await consumer.connect();
    await consumer.subscribe({ topic: pathname.slice(1), fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        const headers = Object.entries(message.headers ?? {}).map(([name, text]) => [name, String(text)]);
        messages.push({ key: String(message.key), value: String(message.value), headers: Object.fromEntries(headers) });
        if (messages.length === count) resolve();
      },
    });
    await done;
    return messages;
  } finally {
    await consumer.disconnect();
  }
}
