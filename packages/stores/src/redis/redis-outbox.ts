import { refusalSummaryType } from '@keyward/contract/refusal-summary';
import { usageSummaryType } from '@keyward/contract/usage-summary';
import type { OutboxOptions } from '../open-shards.ts';
import { readOutboxFields } from '../outbox-entry.ts';
import { readBytes, readUnsentBytes } from '../outbox-reading.ts';
import type { Backlog, Collapse, FlushOptions, Outbox, OutboxEntry } from '../ports/outbox.ts';
import { refusalCounters } from '../refusal-counters.ts';
import { allShards } from '../shards.ts';
import { openOnRedis, type RedisConnection } from './connection.ts';
import { redisKeys } from './keys.ts';
import { defineScript, type Script } from './script.ts';
import { ShardQuestions } from './shard-questions.ts';
import { readStreamEntry } from './stream-entry.ts';

export class RedisOutbox implements Outbox {
  readonly #redis: RedisConnection;
  readonly #questions: ShardQuestions;
  readonly #heartbeat: Script;
  readonly #claim: Script;
  readonly #release: Script;
  readonly #readOutbox: Script;
  readonly #trim: Script;
  readonly #markSent: Script;
  readonly #bury: Script;
  readonly #backlog: Script;
  readonly #serverMemory: Script;
  readonly #collapse: Script;
  readonly #flushRefusals: Script;

  private constructor(redis: RedisConnection, { warn = () => undefined }: OutboxOptions) {
    this.#redis = redis;
    this.#questions = new ShardQuestions({ warn });
    this.#heartbeat = defineScript(redis, 'heartbeat', 1);
    this.#claim = defineScript(redis, 'claim-lease', 1);
    this.#release = defineScript(redis, 'release-lease', 1);
    this.#readOutbox = defineScript(redis, 'read-outbox', 3);
    this.#trim = defineScript(redis, 'trim-outbox', 3);
    this.#markSent = defineScript(redis, 'mark-sent', 4);
    this.#bury = defineScript(redis, 'bury-entry', 4);
    this.#backlog = defineScript(redis, 'backlog', 1);
    this.#serverMemory = defineScript(redis, 'server-memory', 1);
    this.#collapse = defineScript(redis, 'collapse-entries', 4);
    this.#flushRefusals = defineScript(redis, 'flush-refusals', 3);
  }

  static async open(url: string, options: OutboxOptions = {}): Promise<RedisOutbox> {
    return openOnRedis(url, { logger: options.logger, make: (redis) => new RedisOutbox(redis, options) });
  }

  async heartbeat(relay: string, ttlMs: number): Promise<number> {
    return Number(await this.#heartbeat([redisKeys.relays()], [relay, ttlMs]));
  }

  async claim(relay: string, shards: readonly number[], ttlMs: number): Promise<number[]> {
    return this.#whereTrue(shards, (shard) => this.#claim([redisKeys.lease(shard)], [relay, ttlMs]));
  }

  async release(relay: string, shards: readonly number[]): Promise<void> {
    await this.#questions.ask(shards, (shard) => this.#release([redisKeys.lease(shard)], [relay]));
  }

  async read(shards: readonly number[], limit: number): Promise<OutboxEntry[]> {
    const maxBytes = Math.floor(readBytes / shards.length);
    const answers = await this.#questions.ask(shards, (shard) =>
      this.#readShard(shard, { from: '-', limit, maxBytes }),
    );
    return [...answers.values()].flat();
  }

  async markSent(
    relay: string,
    entries: readonly Pick<OutboxEntry, 'shard' | 'position' | 'edition'>[],
  ): Promise<number[]> {
    const last = new Map(entries.map((entry) => [entry.shard, entry]));
    return this.#whereTrue([...last.keys()], (shard) => {
      const { position = '', edition = 0 } = last.get(shard) ?? {};
      return this.#markSent(
        [redisKeys.lease(shard), redisKeys.sentMark(shard), redisKeys.outboxCounters(shard), redisKeys.outbox(shard)],
        [relay, position, edition],
      );
    });
  }

  async trim(relay: string, upTo: ReadonlyMap<number, string>): Promise<void> {
    await this.#questions.ask(upTo.keys(), (shard) => {
      const position = upTo.get(shard) ?? '';
      return this.#trim(
        [redisKeys.lease(shard), redisKeys.outbox(shard), redisKeys.sentMark(shard)],
        [relay, position, nextPosition(position)],
      );
    });
  }

  async bury(
    relay: string,
    { shard, position, reason }: { shard: number; position: string; reason: string },
  ): Promise<boolean> {
    const moved = await this.#bury(
      [redisKeys.lease(shard), redisKeys.outbox(shard), redisKeys.dead(shard), redisKeys.outboxCounters(shard)],
      [relay, position, reason],
    );
    return moved === 1;
  }

  async backlogs(shards: readonly number[]): Promise<Backlog[]> {
    const answers = await this.#questions.ask(shards, (shard) => this.#backlog([redisKeys.outbox(shard)], []));
    return [...answers].map(([shard, answer]) => {
      const [entries, bytes, ageMs] = answer as [number, number, number]; // the script's own returns, stated in its header
      return { shard, entries, bytes, ageMs };
    });
  }

  async rooms(): Promise<ReadonlyMap<number, number>> {
    const answers = await this.#questions.ask(allShards, (shard) => this.#serverMemory([redisKeys.outbox(shard)], []));
    const servers = [...answers].map(([shard, answer]) => {
      const [run, maxmemory] = answer as [string, string]; // as above
      return { shard, run, bytes: Number(maxmemory) };
    });
    const bounded = servers.filter(({ bytes }) => bytes > 0);
    const shardsOf = (run: string) => bounded.filter((each) => each.run === run).length;
    return new Map(bounded.map(({ shard, run, bytes }) => [shard, Math.floor(bytes / 4 / shardsOf(run))]));
  }

  async readUnsent(shard: number, { after, limit }: { after?: string; limit: number }): Promise<OutboxEntry[]> {
    const answers = await this.#questions.ask([shard], async () => {
      const mark = (await this.#redis.get(redisKeys.sentMark(shard))) ?? undefined;
      const last = latest(mark, after);
      return this.#readShard(shard, { from: last === undefined ? '-' : `(${last}`, limit, maxBytes: readUnsentBytes });
    });
    return answers.get(shard) ?? [];
  }

  async collapse(relay: string, { shard, positions, decisions, summaries }: Collapse): Promise<boolean> {
    const done = await this.#collapse(
      [redisKeys.lease(shard), redisKeys.outbox(shard), redisKeys.sentMark(shard), redisKeys.outboxCounters(shard)],
      [
        ...[relay, usageSummaryType, decisions, summaries.length],
        ...summaries.map((summary) => JSON.stringify(summary)),
        ...positions,
      ],
    );
    return done === 1;
  }

  async flushRefusals(shards: readonly number[], options: FlushOptions): Promise<number> {
    const answers = await this.#questions.ask(shards, (shard) => this.#flushShard(shard, options));
    return [...answers.values()].reduce((sum, summaries) => sum + summaries, 0);
  }

  async #flushShard(shard: number, { newId, present = false }: FlushOptions): Promise<number> {
    for (let summaries = 0; ; summaries += 1) {
      const counts = await this.#flushRefusals(
        [redisKeys.refusals(shard), redisKeys.outbox(shard), redisKeys.incarnation(shard)],
        [newId(), refusalSummaryType, refusalCounters.perSummary, present ? 1 : ''],
      );
      if (counts === 0) return summaries;
      if (Number(counts) < refusalCounters.perSummary) return summaries + 1;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }

  async #whereTrue(shards: readonly number[], question: (shard: number) => Promise<unknown>): Promise<number[]> {
    const answers = await this.#questions.ask(shards, question);
    return shards.filter((shard) => answers.get(shard) === 1);
  }

  async #readShard(shard: number, { from, limit, maxBytes }: Reading): Promise<OutboxEntry[]> {
    const answer = await this.#readOutbox(
      [redisKeys.outboxCounters(shard), redisKeys.incarnation(shard), redisKeys.outbox(shard)],
      [from, limit, maxBytes],
    );
    const [edition, incarnation, entries] = answer as [string, string, [string, string[]][]]; // as above
    const place = { shard, incarnation, edition: Number(edition) };
    return entries.map((entry) => {
      const { position, fields, bytes } = readStreamEntry(entry);
      return { ...place, position, bytes, event: readOutboxFields(fields) };
    });
  }
}

interface Reading {
  /** The first position, as XRANGE takes it. */
  from: string;
  limit: number;
  maxBytes: number;
}

/** The smallest stream id after `position`. */
function nextPosition(position: string): string {
  const [ms = '0', sequence = '0'] = position.split('-');
  return `${ms}-${BigInt(sequence) + 1n}`;
}

function latest(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return isAfter(one, other) ? one : other;
}

function isAfter(position: string, other: string): boolean {
  const [[ms = 0, sequence = 0], [otherMs = 0, otherSequence = 0]] = [position, other].map((each) =>
    each.split('-').map(Number),
  ) as [number[], number[]]; // of two come two
  return ms === otherMs ? sequence > otherSequence : ms > otherMs;
}
