import type { ClientRecord, EnvironmentRecord, ServerKeyRecord, TenantRecord } from '@keyward/contract/projection';
import { hasLimits } from '@keyward/decision/limits';
import type { ShardsOptions } from '../open-shards.ts';
import type {
  DecideAnswer,
  DecideCommand,
  DecisionStore,
  KeyLookup,
  Lookup,
  NewClient,
  NewClientAnswer,
  RefusalBatch,
  ServerKeyLookup,
  UnknownAnswer,
  UnknownKey,
} from '../ports/decision-store.ts';
import { shardOf } from '../shards.ts';
import { StoreAway } from '../store-away.ts';
import { defineConfirmedScript, type ShardScript } from './confirmed-script.ts';
import { installationOf, isReady, openOnRedis, type RedisConnection } from './connection.ts';
import { DecisionScripts, type DecisionScriptsOptions } from './decision-scripts.ts';
import { redisKeys } from './keys.ts';
import { readRecord } from './record.ts';
import { UnknownScripts } from './unknown-scripts.ts';

/** A grant that its hour has left behind is asked for anew; more often than this only when clocks differ. */
const maxQuestions = 4;

export class RedisDecisionStore implements DecisionStore {
  readonly #redis: RedisConnection;
  readonly #scripts: DecisionScripts;
  readonly #unknowns: UnknownScripts;
  readonly #probe: ShardScript;
  readonly #readStrings: ShardScript;

  private constructor(redis: RedisConnection, url: string, options: DecisionScriptsOptions) {
    this.#redis = redis;
    this.#scripts = new DecisionScripts(redis, url, options);
    this.#unknowns = new UnknownScripts(redis, url);
    this.#probe = defineConfirmedScript(redis, { name: 'probe.1', installation: installationOf(url) });
    this.#readStrings = defineConfirmedScript(redis, { name: 'read.n', installation: installationOf(url) });
  }

  static async open(
    url: string,
    { logger, ...options }: DecisionScriptsOptions & ShardsOptions = {},
  ): Promise<RedisDecisionStore> {
    const make = (redis: RedisConnection) => new RedisDecisionStore(redis, url, options);
    return openOnRedis(url, { bounded: 'by-caller', logger, make });
  }

  async readServerKey(digest: string): Promise<ServerKeyLookup> {
    const shard = shardOf(digest);
    const [record, mark] = await this.#read(shard, [redisKeys.serverKey(digest), redisKeys.projected(shard)]);
    return { complete: Boolean(mark), record: readRecord<ServerKeyRecord>(record) };
  }

  async readEnvironment(environmentId: string): Promise<EnvironmentRecord | undefined> {
    const [record] = await this.#read(shardOf(environmentId), [redisKeys.environment(environmentId)]);
    return readRecord<EnvironmentRecord>(record);
  }

  async readEnvironmentVersion(environmentId: string): Promise<number | undefined> {
    const shard = shardOf(environmentId);
    const [version] = await this.#read(shard, [redisKeys.environmentVersion(shard, environmentId)]);
    return readVersion(version);
  }

  /** What a key is known within is in its name, but not in its shard. */
  readKey(environmentId: string, digest: string, wider: readonly string[] = []): Promise<KeyLookup> {
    const records = [environmentId, ...wider].map((within) => redisKeys.key(within, digest));
    return this.#lookUp(environmentId, shardOf(digest), records);
  }

  readClient(environmentId: string, clientId: string): Promise<Lookup<ClientRecord>> {
    return this.#lookUp(environmentId, shardOf(clientId), [redisKeys.clientRecord(environmentId, clientId)]);
  }

  readTenant(environmentId: string, digest: string): Promise<Lookup<TenantRecord>> {
    return this.#lookUp(environmentId, shardOf(digest), [redisKeys.tenant(environmentId, digest)]);
  }

  refuseUnknown(unknown: UnknownKey): Promise<UnknownAnswer> {
    return this.#unknowns.refuse(unknown);
  }

  countRefusals(batch: RefusalBatch): Promise<void> {
    return this.#unknowns.count(batch);
  }

  admitClient(client: NewClient): Promise<NewClientAnswer> {
    return this.#unknowns.admitClient(client);
  }

  async decide(command: DecideCommand): Promise<DecideAnswer> {
    const deadlineMs = await this.#scripts.deadline(shardOf(command.clientId));
    let cap = hasLimits(command.environmentLimits) ? 'ask' : '';
    for (let questions = 0; questions < maxQuestions; questions += 1) {
      const answer = await this.#scripts.decide(command, { cap, deadlineMs });
      if (answer.kind !== 'grant') return answer;
      const granted = await this.#scripts.ask(command, answer.unspent);
      if (typeof granted !== 'string') return granted;
      cap = granted;
    }
    throw new StoreAway(new Error("the clocks of the client's and of the environment's shard are too far apart"));
  }

  async probe(shard: number): Promise<boolean> {
    return (await this.#probe(shard, [redisKeys.projected(shard)], [])) === 1;
  }

  ready(): Promise<boolean> {
    return isReady(this.#redis);
  }

  /** The first of the records that is there. */
  async #lookUp<T extends { version: number }>(
    environmentId: string,
    shard: number,
    keys: readonly string[],
  ): Promise<Lookup<T>> {
    const version = redisKeys.environmentVersion(shard, environmentId);
    const [current, mark, ...records] = await this.#read(shard, [version, redisKeys.projected(shard), ...keys]);
    return {
      environmentVersion: mark ? readVersion(current) : undefined,
      record: readRecord<T>(records.find((record) => record !== null)),
    };
  }

  /** On a confirmed process only: another one may lack a record that was acknowledged, or hold an older one. */
  async #read(shard: number, keys: readonly string[]): Promise<(string | null)[]> {
    const answer = (await this.#readStrings(shard, keys, [])) as (string | null)[]; // what MGET answers
    return answer.slice(0, keys.length); // the key of the confirmed run comes after them
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}

/** `version`, or `version|since`. */
function readVersion(text: string | null | undefined): number | undefined {
  return text ? Number.parseInt(text, 10) : undefined;
}
