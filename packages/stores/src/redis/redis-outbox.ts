import { readOutboxEvent } from '../outbox-entry.ts';
import type { Outbox, OutboxEntry } from '../ports/outbox.ts';
import { asking, connectRedis, type RedisConnection, untilConnected } from './connection.ts';
import { redisKeys } from './keys.ts';
import { defineScript, type Script } from './script.ts';

export class RedisOutbox implements Outbox {
  readonly #redis: RedisConnection;
  readonly #heartbeat: Script;
  readonly #claim: Script;
  readonly #release: Script;
  readonly #trim: Script;

  private constructor(redis: RedisConnection) {
    this.#redis = redis;
    this.#heartbeat = defineScript(redis, 'heartbeat', 1);
    this.#claim = defineScript(redis, 'claim-lease', 1);
    this.#release = defineScript(redis, 'release-lease', 1);
    this.#trim = defineScript(redis, 'trim-outbox', 2);
  }

  static async open(url: string): Promise<RedisOutbox> {
    const redis = connectRedis(url);
    const outbox = new RedisOutbox(redis);
    await untilConnected(redis, 5_000);
    return outbox;
  }

  async heartbeat(relay: string, ttlMs: number): Promise<number> {
    return Number(await this.#heartbeat([redisKeys.relays()], [relay, ttlMs]));
  }

  async claim(relay: string, shards: readonly number[], ttlMs: number): Promise<number[]> {
    const held = await Promise.all(shards.map((shard) => this.#claim([redisKeys.lease(shard)], [relay, ttlMs])));
    return shards.filter((_, i) => held[i] === 1);
  }

  async release(relay: string, shards: readonly number[]): Promise<void> {
    await Promise.all(shards.map((shard) => this.#release([redisKeys.lease(shard)], [relay])));
  }

  async read(shards: readonly number[], limit: number): Promise<OutboxEntry[]> {
    const streams = await asking(Promise.all(shards.map((shard) => this.#readShard(shard, limit))));
    return streams.flat();
  }

  async #readShard(shard: number, limit: number): Promise<OutboxEntry[]> {
    const [entries, incarnation] = await Promise.all([
      this.#redis.xrange(redisKeys.outbox(shard), '-', '+', 'COUNT', limit),
      this.#redis.get(redisKeys.incarnation(shard)),
    ]);
    return entries.map(([position, fields]) => readEntry({ shard, position, incarnation: incarnation ?? '' }, fields));
  }

  async trim(relay: string, upTo: ReadonlyMap<number, string>): Promise<void> {
    const trims = [...upTo].map(([shard, position]) =>
      this.#trim([redisKeys.lease(shard), redisKeys.outbox(shard)], [relay, nextPosition(position)]),
    );
    await Promise.all(trims);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}

/** The fields as decide.6.lua adds them: e, v, t. */
function readEntry(place: Omit<OutboxEntry, 'event'>, fields: string[]): OutboxEntry {
  const [, event = '', , verdict = '', , time = ''] = fields;
  return { ...place, event: readOutboxEvent(event, { verdict, decidedAtMs: Number(time) }) };
}

/** The smallest stream id after `position`. */
function nextPosition(position: string): string {
  const [ms = '0', sequence = '0'] = position.split('-');
  return `${ms}-${BigInt(sequence) + 1n}`;
}
