import { brokerCalls } from './broker-call.ts';
import { brokerSocket } from './broker-socket.ts';
import type { KafkaTarget } from './kafka-target.ts';
import { saslLogin } from './sasl-login.ts';

const timeoutMs = 3_000;
const metadataKey = 3;
/** The first version that asks by name and is answered with the id, of Kafka 2.8. */
const metadataVersion = 12;
const correlationId = 1;

/**
 * The id that Kafka gave this topic when it was made (KIP-516), as hex: one that is deleted and made anew has another, though
 * its name is the same. KafkaJS speaks versions of the protocol that know no ids, so this asks by itself
 * (https://kafka.apache.org/protocol, Metadata).
 * @throws when no broker answers, there is no such topic, or they are older than that.
 */
export async function readTopicId({ brokers, ...target }: TopicPlace): Promise<string> {
  return Promise.any(brokers.map((broker) => ask(broker, target)));
}

type TopicPlace = Pick<KafkaTarget, 'brokers' | 'topic'> & Partial<Pick<KafkaTarget, 'tls' | 'login'>>;

async function ask(broker: string, { topic, tls, login }: Omit<TopicPlace, 'brokers'>): Promise<string> {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(broker) ?? [];
  // All in all, not since the last byte: what trickles in is no broker's answer.
  const signal = AbortSignal.timeout(timeoutMs);
  const socket = brokerSocket({ host, port: Number(port), tls, signal });
  try {
    const call = brokerCalls(socket);
    if (login) await saslLogin(call, { login, host, port: Number(port) });
    return topicIdIn(await call(request(topic)));
  } finally {
    socket.destroy();
  }
}

function request(topic: string): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([
    int16(metadataKey),
    int16(metadataVersion),
    int32(correlationId),
    int16(-1), // no client id
    noTags,
    unsigned(2), // one topic: lengths are one more than they are
    Buffer.alloc(16),
    unsigned(name.length + 1),
    name,
    noTags,
    Buffer.from([0, 0]), // do not make it; not what may be done with it
    noTags,
  ]);
}

function topicIdIn(answer: Buffer): string {
  const reader = new Reader(answer);
  reader.skip(4); // the correlation id
  reader.skipTags();
  reader.skip(4); // throttling
  for (let brokers = reader.length(); brokers > 0; brokers -= 1) {
    reader.skip(4);
    reader.skip(reader.length());
    reader.skip(4);
    reader.skip(reader.length());
    reader.skipTags();
  }
  reader.skip(reader.length()); // the cluster id
  reader.skip(4); // the controller
  if (reader.length() !== 1) throw new Error('the broker answered for other topics');
  const error = reader.int16();
  if (error !== 0) throw new Error(`the broker does not tell the id of the topic: error ${error}`);
  reader.skip(reader.length()); // the name
  return reader.take(16).toString('hex');
}

/** Reads what the protocol calls flexible versions. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int16(): number {
    return this.take(2).readInt16BE(0);
  }

  /** Of a compact array or text; null is none. */
  length(): number {
    return Math.max(0, this.#unsigned() - 1);
  }

  skip(bytes: number): void {
    this.take(bytes);
  }

  skipTags(): void {
    for (let tags = this.#unsigned(); tags > 0; tags -= 1) {
      this.#unsigned();
      this.skip(this.#unsigned());
    }
  }

  take(bytes: number): Buffer {
    const end = this.#at + bytes;
    if (end > this.#bytes.length) throw new RangeError('the answer is shorter than it says');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  #unsigned(): number {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = this.take(1).readUInt8(0);
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
}

const noTags = Buffer.from([0]);

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Seven bits to a byte, the lowest first; below 16,384, as names of topics are. */
function unsigned(value: number): Buffer {
  return value < 0x80 ? Buffer.from([value]) : Buffer.from([(value & 0x7f) | 0x80, value >> 7]);
}
