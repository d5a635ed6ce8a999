import type { Logger } from '@keyward/kit/logger';
import { pause } from '@keyward/kit/pause';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import { sourceOf, traceOf } from '../event-codec.ts';
import { handOverBatch } from '../hand-over-batch.ts';
import type { BatchHandler, EventConsumer, LogEnds, StoredOffset } from '../ports/event-log.ts';
import { KafkaLink } from './kafka-link.ts';
import { kafkaLogCreator } from './kafka-log-creator.ts';
import { type KafkaTarget, parseKafkaUrl } from './kafka-target.ts';
import { readCommitted } from './read-committed.ts';
import { readEnds } from './read-ends.ts';
import { readTopicId } from './read-topic-id.ts';

export function openKafkaConsumer(url: string, { logger }: { logger: Logger }): EventConsumer {
  return new KafkaEventConsumer(parseKafkaUrl(url), logger);
}

interface Work {
  handle: BatchHandler;
  storedOffset: StoredOffset | undefined;
}

/** One membership in the group, from the connection to its end. */
interface Session {
  logId: string;
  /** The oldest offset of each partition when the session began. */
  firsts: ReadonlyMap<number, number>;
  /** Partitions that are read from their beginning because the log is not the one that offsets are stored of. */
  restarted: Set<number>;
  /** Partitions whose beginning was compared with the stored offset since the last join. */
  placed: Set<number>;
}

interface Membership {
  consumer: Consumer;
  session: Session;
  work: Work;
}

const noValue = Buffer.alloc(0);
const restartAfterMs = 1_000;
const longestHeartbeatMs = 2_000;
const partitionsAtOnce = 3;
/** The larger a batch, the more of its events change the same rows of Postgres; 1 MB is about 1,500 events. */
const batchBytes = 1_024 * 1_024;
/** What lies in memory at once, before it is parsed. KafkaJS fetches no more until all of it is handled, so fewer and larger. */
const fetchBytes = 8 * 1_024 * 1_024;
const watchMs = 5_000;
const leaveMs = 5_000;

/**
 * Reads as a member of a consumer group; the offset is committed after the handler resolved. Whatever ends the
 * membership — no broker, a crash in KafkaJS, a topic that is not there yet — begins a new one after a pause.
 */
class KafkaEventConsumer implements EventConsumer {
  readonly #target: KafkaTarget;
  readonly #logger: Logger;
  readonly #logCreator: ReturnType<typeof kafkaLogCreator>;
  readonly #closed = new AbortController();
  #finished: Promise<void> = Promise.resolve();
  #reading = false;
  #restarts = 0;

  constructor(target: KafkaTarget, logger: Logger) {
    this.#target = target;
    target.tls?.tellTo(logger);
    this.#logger = logger;
    this.#logCreator = kafkaLogCreator(logger);
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Three of them fit into a session. */
  get #heartbeatMs(): number {
    return Math.min(longestHeartbeatMs, Math.floor(this.#target.sessionTimeoutMs / 3));
  }

  get reading(): boolean {
    return this.#reading;
  }

  run(handle: BatchHandler, storedOffset?: StoredOffset): void {
    this.#finished = this.#readUntilClosed({ handle, storedOffset });
  }

  async ends(): Promise<LogEnds> {
    const link = new KafkaLink(this.#target, this.#logCreator);
    using closing = onAbort(this.#closed.signal, () => link.cut());
    void closing;
    try {
      return await readEnds(link, this.#target, this.#closed.signal);
    } finally {
      link.cut();
    }
  }

  async #readUntilClosed(work: Work): Promise<void> {
    const { signal } = this.#closed;
    for (let told = false; !signal.aborted; ) {
      const link = new KafkaLink(this.#target, this.#logCreator);
      try {
        await this.#readOnce(link, work);
      } catch (err) {
        told &&= !this.#reading;
        if (!signal.aborted)
          this.#logger[told ? 'debug' : 'warn']({ err }, 'reading from Kafka ended, beginning again');
        told = true;
      } finally {
        this.#reading = false;
        link.cut();
      }
      await pause(restartAfterMs, signal);
    }
  }

  /** Resolves once this consumer is closed; rejects with what ended the membership. */
  async #readOnce(link: KafkaLink, work: Work): Promise<void> {
    using closing = onAbort(this.#closed.signal, () => this.#reading || link.cut());
    void closing;
    const { topic, group } = this.#target;
    const { logId, partitions } = await readEnds(link, this.#target, this.#closed.signal);
    const firsts = new Map(partitions.map(({ partition, first }) => [partition, first]));
    const session: Session = { logId, firsts, restarted: new Set(), placed: new Set() };
    const consumer = link.kafka.consumer({
      groupId: group,
      allowAutoTopicCreation: false,
      // A member that cannot say goodbye keeps its partitions until its session ends.
      sessionTimeout: this.#target.sessionTimeoutMs,
      heartbeatInterval: this.#heartbeatMs,
      maxBytesPerPartition: batchBytes,
      maxBytes: fetchBytes,
      // An idle fetch is not cut short, and closing waits for it.
      maxWaitTimeInMs: 500,
      // Through a broker's restart the membership is kept; a new one would wait for the old one's session to end.
      retry: { retries: 30, initialRetryTime: 100, maxRetryTime: 1_000, restartOnFailure: async () => false },
    });
    const ended = Promise.withResolvers<void>();
    ended.promise.catch(() => undefined); // it may crash before anybody waits for the end
    consumer.on(consumer.events.CRASH, ({ payload }) => ended.reject(payload.error));
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      session.placed.clear();
      this.#reading = true;
      // What cannot be told now is told when the next record comes.
      const assigned = payload.memberAssignment[topic] ?? [];
      this.#restartIdle(assigned, { consumer, session, work }, link).catch((err) =>
        this.#logger.debug({ err }, 'where to begin could not be told yet'),
      );
    });
    using watching = every(watchMs, () => this.#endIfOther(session, ended.reject));
    void watching;
    using leaving = onAbort(this.#closed.signal, () => ended.resolve());
    void leaving;
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [topic], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: partitionsAtOnce,
        eachBatch: (payload) => this.#takeBatch(payload, { consumer, session, work }),
      });
      await ended.promise;
    } finally {
      await this.#leave(consumer);
    }
  }

  async #takeBatch(payload: EachBatchPayload, { consumer, session, work }: Membership): Promise<void> {
    const { batch, resolveOffset, heartbeat, commitOffsetsIfNecessary } = payload;
    const { topic, partition } = batch;
    const last = batch.messages.at(-1);
    if (!last || this.#closed.signal.aborted) return;
    const records = batch.messages.map(({ offset, headers = {}, value }) => ({
      offset: Number(offset),
      type: String(headers.ce_type ?? ''),
      value: value ?? noValue,
      ...sourceOf(headers),
      ...traceOf(headers),
    }));
    let seekTo: number | undefined;
    const handle: BatchHandler = async (read) => {
      if (!session.placed.has(partition)) seekTo = await this.#misplaced(payload, session, work);
      session.placed.add(partition);
      if (seekTo === undefined) await work.handle(read);
    };
    // A slow handler must not cost the membership. That a rebalance is due shows again at the next heartbeat below.
    using beating = every(this.#heartbeatMs, () => heartbeat().catch(() => undefined));
    void beating;
    const handOver = { handle, signal: this.#closed.signal, logger: this.#logger, beforeRepeating: heartbeat };
    if (!(await handOverBatch({ logId: session.logId, partition, records }, handOver))) return;
    if (seekTo !== undefined) return consumer.seek({ topic, partition, offset: String(seekTo) });
    resolveOffset(last.offset);
    const offset = String(Number(last.offset) + 1);
    await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
    await heartbeat();
  }

  /** Where to read instead of here: at the stored offset, or at the beginning when the log is another one. */
  async #misplaced({ batch }: EachBatchPayload, session: Session, { storedOffset }: Work): Promise<number | undefined> {
    if (!storedOffset) return undefined;
    const { partition } = batch;
    const stored = await storedOffset(session.logId, partition);
    const here = Number(batch.messages[0]?.offset);
    const first = session.firsts.get(partition) ?? 0;
    if (stored === undefined ? here > first : stored > Number(batch.highWatermark)) {
      this.#tellOfRestart(session, { partition, here, stored });
      return here === first ? undefined : first;
    }
    if (stored === undefined || stored >= here) return undefined; // what was handled and not committed is known by its ids
    if (stored < first) {
      if (here > first) return first;
      const lost = { logId: session.logId, partition, stored, first };
      this.#logger.error(lost, 'the log has dropped records before they were read');
      return undefined;
    }
    this.#logger.warn(
      { logId: session.logId, partition, here, stored },
      'the group is ahead of the stored offset, going back',
    );
    return stored;
  }

  /**
   * The group remembers offsets by the topic's name, and may be at the end of a log that nobody has read: nothing would come
   * of it until somebody writes again.
   */
  async #restartIdle(
    assigned: readonly number[],
    { consumer, session, work }: Membership,
    link: KafkaLink,
  ): Promise<void> {
    if (!work.storedOffset) return;
    const { topic, group } = this.#target;
    const committed = await readCommitted(link, { topic, group });
    const { logId, partitions } = await readEnds(link, this.#target, this.#closed.signal);
    if (logId !== session.logId) return;
    for (const { partition, first, end } of partitions.filter((each) => assigned.includes(each.partition))) {
      const stored = await work.storedOffset(logId, partition);
      const here = committed.get(partition) ?? first;
      if (stored === undefined ? here <= first : stored <= end) continue;
      this.#tellOfRestart(session, { partition, here, stored });
      consumer.seek({ topic, partition, offset: String(first) });
    }
  }

  #tellOfRestart(session: Session, place: { partition: number; here: number; stored: number | undefined }): void {
    if (session.restarted.has(place.partition)) return;
    session.restarted.add(place.partition);
    this.#restarts += 1;
    this.#logger.error(
      { logId: session.logId, ...place },
      'what is stored is of another log, or of one that was longer: reading from the beginning',
    );
  }

  /** A topic that was deleted and made anew under the eyes of a reader would be read on from where the old one was left. */
  async #endIfOther({ logId }: Session, end: (reason: Error) => void): Promise<void> {
    const id = await readTopicId(this.#target).catch(() => undefined);
    if (id !== undefined && !logId.endsWith(`/${id}`)) end(new Error('the topic was made anew'));
  }

  /** Leaves the group, so that another member takes over at once; a handler that hangs does not hold this up for ever. */
  async #leave(consumer: Consumer): Promise<void> {
    const patience = new AbortController();
    const left = consumer.disconnect().catch((err) => this.#logger.debug({ err }, 'leaving the consumer group failed'));
    await Promise.race([left, pause(leaveMs, patience.signal)]);
    patience.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    await this.#finished;
  }
}

function onAbort(signal: AbortSignal, listener: () => void): Disposable {
  if (signal.aborted) listener();
  signal.addEventListener('abort', listener, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener('abort', listener) };
}

function every(ms: number, work: () => unknown): Disposable {
  const timer = setInterval(work, ms);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
