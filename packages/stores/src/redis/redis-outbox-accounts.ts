import type { ShardsOptions } from '../open-shards.ts';
import { readOutboxFields } from '../outbox-entry.ts';
import type { BuriedEntry, OutboxAccount, OutboxAccounts } from '../ports/outbox-accounts.ts';
import { allShards } from '../shards.ts';
import { asking, openOnRedis, type RedisConnection } from './connection.ts';
import { redisKeys } from './keys.ts';
import { defineScript, type Script } from './script.ts';
import { ShardQuestions } from './shard-questions.ts';
import { readStreamEntry } from './stream-entry.ts';

export class RedisOutboxAccounts implements OutboxAccounts {
  readonly #redis: RedisConnection;
  readonly #readAccount: Script;
  /** The entries of a shard that does not answer come another time. */
  readonly #questions = new ShardQuestions({ warn: () => undefined });

  private constructor(redis: RedisConnection) {
    this.#redis = redis;
    this.#readAccount = defineScript(redis, 'read-account', 3);
  }

  static async open(url: string, options: ShardsOptions = {}): Promise<RedisOutboxAccounts> {
    return openOnRedis(url, { ...options, make: (redis) => new RedisOutboxAccounts(redis) });
  }

  read(): Promise<OutboxAccount[]> {
    return Promise.all(allShards.map((shard) => this.#readShard(shard)));
  }

  async #readShard(shard: number): Promise<OutboxAccount> {
    const answer = await this.#readAccount(
      [redisKeys.incarnation(shard), redisKeys.outbox(shard), redisKeys.outboxCounters(shard)],
      [],
    );
    const [incarnation, ...counts] = answer as [string, ...unknown[]]; // the script's own returns, stated in its header
    const [added = 0, waiting = 0, collapsed = 0, eventsCollapsed = 0, buried = 0] = counts.map(Number);
    return { shard, incarnation, added, waiting, collapsed, eventsCollapsed, buried };
  }

  async listBuried(limit: number): Promise<BuriedEntry[]> {
    const lists = await this.#questions.ask(allShards, (shard) => this.#listShard(shard, limit));
    return [...lists.values()].flat();
  }

  async #listShard(shard: number, limit: number): Promise<BuriedEntry[]> {
    const [incarnation, entries] = await Promise.all([
      this.#redis.get(redisKeys.incarnation(shard)),
      this.#redis.xrange(redisKeys.dead(shard), '-', '+', 'COUNT', limit),
    ]);
    return entries.map((entry) => {
      const { position: place, fields } = readStreamEntry(entry);
      const [position = '', reason = ''] = [fields.get('position'), fields.get('reason')];
      for (const name of ['position', 'reason']) fields.delete(name);
      return { shard, incarnation: incarnation ?? '', place, position, reason, ...contentOf(fields) };
    });
  }

  async dropBuried(entries: readonly Pick<BuriedEntry, 'shard' | 'place'>[]): Promise<void> {
    const byShard = Map.groupBy(entries, ({ shard }) => shard);
    await asking(
      Promise.all(
        [...byShard].map(([shard, those]) =>
          this.#redis.xdel(redisKeys.dead(shard), ...those.map(({ place }) => place)),
        ),
      ),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}

function contentOf(fields: ReadonlyMap<string, string>): Pick<BuriedEntry, 'type' | 'value'> {
  const event = readOutboxFields(fields);
  const value = event.type === 'unreadable' ? Object.fromEntries(fields) : event.data;
  return { type: event.type, value: JSON.stringify(value) };
}
