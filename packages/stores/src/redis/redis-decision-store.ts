import type { Limits } from '@keyward/contract/limits';
import type { EnvironmentRecord, KeyRecord, ServerKeyRecord } from '@keyward/contract/projection';
import type {
  DecideAnswer,
  DecideCommand,
  DecisionStore,
  KeyLookup,
  ServerKeyLookup,
} from '../ports/decision-store.ts';
import { shardOf } from '../shards.ts';
import { asking, connectRedis, isReady, type RedisConnection, untilConnected } from './connection.ts';
import { DecisionScripts, type DecisionScriptsOptions } from './decision-scripts.ts';
import { redisKeys } from './keys.ts';
import { readRecord } from './record.ts';

export class RedisDecisionStore implements DecisionStore {
  readonly #redis: RedisConnection;
  readonly #scripts: DecisionScripts;

  private constructor(redis: RedisConnection, scripts: DecisionScripts) {
    this.#redis = redis;
    this.#scripts = scripts;
  }

  static async open(url: string, options: DecisionScriptsOptions = {}): Promise<RedisDecisionStore> {
    const redis = connectRedis(url);
    const store = new RedisDecisionStore(redis, new DecisionScripts(redis, url, options));
    await untilConnected(redis, 5_000);
    return store;
  }

  async readServerKey(digest: string): Promise<ServerKeyLookup> {
    const [record, mark] = await asking(
      this.#redis.mget(redisKeys.serverKey(digest), redisKeys.projected(shardOf(digest))),
    );
    return { complete: Boolean(mark), record: readRecord<ServerKeyRecord>(record) };
  }

  async readEnvironment(environmentId: string): Promise<EnvironmentRecord | undefined> {
    return readRecord<EnvironmentRecord>(await asking(this.#redis.get(redisKeys.environment(environmentId))));
  }

  async readEnvironmentVersion(environmentId: string): Promise<number | undefined> {
    return readVersion(
      await asking(this.#redis.get(redisKeys.environmentVersion(shardOf(environmentId), environmentId))),
    );
  }

  async readKey(environmentId: string, digest: string): Promise<KeyLookup> {
    const shard = shardOf(digest);
    const [record, version, mark] = await asking(
      this.#redis.mget(
        redisKeys.key(environmentId, digest),
        redisKeys.environmentVersion(shard, environmentId),
        redisKeys.projected(shard),
      ),
    );
    return { environmentVersion: mark ? readVersion(version) : undefined, record: readRecord<KeyRecord>(record) };
  }

  async decide(command: DecideCommand): Promise<DecideAnswer> {
    const answer = await this.#scripts.decide(command, hasLimits(command.environmentLimits) ? 'ask' : '');
    if (answer.kind !== 'grant') return answer;
    const granted = await this.#scripts.ask(command, answer.unspent);
    if (typeof granted !== 'string') return granted;
    const final = await this.#scripts.decide(command, granted);
    if (final.kind === 'grant') throw new Error('decide.6.lua asked for a grant that it was brought');
    return final;
  }

  ready(): Promise<boolean> {
    return isReady(this.#redis);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}

/** `version`, or `version|since`. */
function readVersion(text: string | null | undefined): number | undefined {
  return text ? Number.parseInt(text, 10) : undefined;
}

function hasLimits(limits: Limits): boolean {
  for (const _ in limits) return true;
  return false;
}
