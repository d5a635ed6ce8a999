import { systemClock } from '@keyward/kit/clock';
import type { NewClient, NewClientAnswer, RefusalBatch, UnknownAnswer, UnknownKey } from '../ports/decision-store.ts';
import { newClientCounters, refusalCounters } from '../refusal-counters.ts';
import { shardOf } from '../shards.ts';
import { defineConfirmedScript, type ShardScript } from './confirmed-script.ts';
import { installationOf, type RedisConnection } from './connection.ts';
import { redisKeys } from './keys.ts';
import { defineScript, type Script } from './script.ts';

/** The scripts for requests of keys and clients that nobody knows. */
export class UnknownScripts {
  readonly #refuse: ShardScript;
  readonly #admit: ShardScript;
  readonly #count: Script;

  constructor(redis: RedisConnection, url: string) {
    const installation = installationOf(url);
    this.#refuse = defineConfirmedScript(redis, { name: 'refuse-unknown.4', installation });
    this.#admit = defineConfirmedScript(redis, { name: 'admit-client.3', installation });
    this.#count = defineScript(redis, 'count-refusals', 2);
  }

  async refuse({ environmentId, environmentVersion, digest, code }: UnknownKey): Promise<UnknownAnswer> {
    const shard = shardOf(digest);
    const answer = await this.#refuse(
      shard,
      [
        redisKeys.key(environmentId, digest),
        redisKeys.environmentVersion(shard, environmentId),
        redisKeys.projected(shard),
        redisKeys.refusals(shard),
      ],
      [environmentVersion, refusalCounters.field(environmentId, code)],
    );
    return answerOf(answer, ['counted', 'known']);
  }

  async count({ sender, number, environmentId, counts }: RefusalBatch): Promise<void> {
    const pairs = [...counts].flatMap(([code, count]) => [refusalCounters.field(environmentId, code), count]);
    await this.#count(
      [redisKeys.refusals(shardOf(environmentId)), redisKeys.refusalBatch(environmentId, sender)],
      [number, refusalCounters.batchLifeMs, ...pairs],
    );
  }

  async admitClient({ environmentId, environmentVersion, clientId, perDay }: NewClient): Promise<NewClientAnswer> {
    const shard = shardOf(environmentId);
    const answer = await this.#admit(
      shard,
      [
        redisKeys.newClients(environmentId, newClientCounters.dayOf(systemClock.nowMs())),
        redisKeys.environmentVersion(shard, environmentId),
        redisKeys.projected(shard),
      ],
      [environmentVersion, clientId, perDay, newClientCounters.lifeMs],
    );
    return answerOf(answer, ['admitted', 'full']);
  }
}

type Common = { kind: 'stale'; subject: 'environment'; version: number } | { kind: 'incomplete' };

function answerOf<K extends string>(answer: unknown, kinds: readonly K[]): { kind: K } | Common {
  const [word, version] = answer as string[]; // the scripts' own returns, stated in their headers
  if (word === 'stale') return { kind: 'stale', subject: 'environment', version: Number(version) };
  if (word === 'incomplete') return { kind: 'incomplete' };
  const kind = kinds.find((each) => each === word);
  if (!kind) throw new Error(`a script answered what its header does not know: ${String(word)}`);
  return { kind };
}
