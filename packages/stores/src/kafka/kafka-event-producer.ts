import type { Logger } from '@keyward/kit/logger';
import { pause } from '@keyward/kit/pause';
import type { ICustomPartitioner, Producer } from 'kafkajs';
import { type EncodedEvent, encodeEvent } from '../event-codec.ts';
import { type EventProducer, EventsRefused, type ShardedEvent } from '../ports/event-log.ts';
import { splitBySize } from '../split-by-size.ts';
import { findTopic } from './find-topic.ts';
import { judgeRejection, type Rejection } from './judge-rejection.ts';
import { KafkaLink, unlessAborted } from './kafka-link.ts';
import { kafkaLogCreator } from './kafka-log-creator.ts';
import { type KafkaTarget, parseKafkaUrl } from './kafka-target.ts';

interface Sender {
  link: KafkaLink;
  producer: Producer;
  partitions: number;
}

type EncodedRecord = EncodedEvent & { shard: number };

const resendAfterMs = 200;
/** A broker takes 1 MB in one batch by default. */
const sendBytes = 900 * 1024;
/** What a record, or one of its headers, takes beside its texts, at most. */
const recordBytes = 64;
const headerBytes = 8;

export function openKafkaProducer(url: string, { logger }: { logger: Logger }): EventProducer {
  return new KafkaEventProducer(parseKafkaUrl(url), logger);
}

/**
 * The rule for the sink (facts.md §3), proved necessary with cut connections: one send in flight, an explicit
 * partition on every record, and on any rejection the identical batch again. Then nothing is lost, doubled or
 * reordered by a producer that lives on; one that is aborted may have its last batch kept and sent again by the next.
 */
class KafkaEventProducer implements EventProducer {
  readonly #target: KafkaTarget;
  readonly #logger: Logger;
  readonly #logCreator: ReturnType<typeof kafkaLogCreator>;
  readonly #closed = new AbortController();
  #sender: Sender | undefined;
  #away = false;
  #last: Promise<void> = Promise.resolve();

  constructor(target: KafkaTarget, logger: Logger) {
    this.#target = target;
    target.tls?.tellTo(logger);
    this.#logger = logger;
    this.#logCreator = kafkaLogCreator(logger);
  }

  append(events: readonly ShardedEvent[], signal: AbortSignal): Promise<void> {
    const appended = this.#last.then(() => this.#append(events, AbortSignal.any([signal, this.#closed.signal])));
    this.#last = appended.catch(() => undefined);
    return appended;
  }

  async #append(events: readonly ShardedEvent[], signal: AbortSignal): Promise<void> {
    const records = events.map((event) => ({ shard: event.shard, ...encodeEvent(event) }));
    for (const piece of splitBySize(records, sendBytes, bytesOf)) {
      await this.#sendUntilKept(piece, signal);
    }
  }

  async #sendUntilKept(records: readonly EncodedRecord[], signal: AbortSignal): Promise<void> {
    do signal.throwIfAborted();
    while (!(await this.#trySend(records, signal)));
  }

  /** One send; false when it was rejected, after the pause that the next needs. */
  async #trySend(records: readonly EncodedRecord[], signal: AbortSignal): Promise<boolean> {
    let sending = false;
    try {
      const { link, producer, partitions } = this.#sender ?? (await this.#open(signal));
      sending = true;
      const messages = records.map(({ shard, ...message }) => ({ ...message, partition: shard % partitions }));
      await unlessAborted(() => producer.send({ topic: this.#target.topic, acks: -1, messages }), { link, signal });
      this.#noteTaken();
      return true;
    } catch (error) {
      if (signal.aborted) this.#drop();
      signal.throwIfAborted();
      const rejection: Rejection = sending ? judgeRejection(error) : { kind: 'again' };
      if (rejection.kind === 'final') throw new EventsRefused(rejection.code, error);
      if (rejection.kind === 'renew') this.#drop();
      this.#noteRejected(error, rejection);
      await pause(resendAfterMs, signal);
      return false;
    }
  }

  #noteTaken(): void {
    if (this.#away) this.#logger.info('Kafka takes events again');
    this.#away = false;
  }

  /** The first of a row is told; the same reason would come five times a second. */
  #noteRejected(err: unknown, rejection: Rejection): void {
    this.#logger[this.#away ? 'debug' : 'warn']({ err, rejection }, 'Kafka does not take events, trying again');
    this.#away = true;
  }

  /** The number of partitions is read once per connection: it must not change while events are on their way. */
  async #open(signal: AbortSignal): Promise<Sender> {
    const link = new KafkaLink(this.#target, this.#logCreator);
    try {
      this.#sender = await unlessAborted(() => this.#connect(link, signal), { link, signal });
      return this.#sender;
    } catch (error) {
      link.cut();
      throw error;
    }
  }

  async #connect(link: KafkaLink, signal: AbortSignal): Promise<Sender> {
    const { partitions } = await findTopic(link, this.#target, signal);
    const producer = link.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: explicitPartition,
      retry: { retries: Number.MAX_SAFE_INTEGER, initialRetryTime: 100, maxRetryTime: 1_000 },
    });
    await producer.connect();
    return { link, producer, partitions };
  }

  /** Lets go of the connection: whatever of it is pending is rejected, the next send begins with a new producer id. */
  #drop(): void {
    this.#sender?.link.cut();
    this.#sender = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new Error('the event producer was closed'));
    await this.#last;
    const sender = this.#sender;
    if (!sender) return;
    await sender.producer.disconnect().catch(() => undefined);
    this.#drop();
  }
}

/** The headers of a small event weigh more than itself. */
function bytesOf({ key, value, headers }: EncodedRecord): number {
  const sizes = Object.entries(headers).map(([name, text]) => headerBytes + name.length + text.length); // ASCII
  return sizes.reduce((sum, size) => sum + size, recordBytes + key.length + Buffer.byteLength(value));
}

const explicitPartition: ICustomPartitioner =
  () =>
  ({ message }) => {
    if (message.partition === undefined) throw new TypeError('a record without its partition');
    return message.partition;
  };
