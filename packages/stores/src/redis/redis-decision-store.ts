import type { EnvironmentRecord, KeyRecord, ServerKeyRecord } from '@keyward/contract/projection';
import { isVerdict } from '@keyward/contract/verdict';
import type {
  DecideAnswer,
  DecideCommand,
  DecisionStore,
  KeyLookup,
  ServerKeyLookup,
} from '../ports/decision-store.ts';
import { entryTtl } from '../request-entry.ts';
import { shardOf } from '../shards.ts';
import { asking, connectRedis, isReady, type RedisConnection, untilConnected } from './connection.ts';
import { redisKeys } from './keys.ts';
import { readRecord } from './record.ts';
import { defineScript, type Script } from './script.ts';

export class RedisDecisionStore implements DecisionStore {
  readonly #redis: RedisConnection;
  readonly #decide: Script;

  private constructor(redis: RedisConnection) {
    this.#redis = redis;
    this.#decide = defineScript(redis, 'decide', 5);
  }

  static async open(url: string): Promise<RedisDecisionStore> {
    const redis = connectRedis(url);
    const store = new RedisDecisionStore(redis);
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
    const { environmentId, clientId, eventId } = command;
    const answer = await this.#decide(
      [
        redisKeys.client(clientId),
        redisKeys.environmentVersion(shardOf(clientId), environmentId),
        redisKeys.entry(clientId, command.replayId ?? eventId),
        redisKeys.entry(clientId, eventId),
        redisKeys.outbox(shardOf(clientId)),
      ],
      [
        command.clientVersion,
        command.environmentVersion,
        eventId,
        command.verdict,
        command.requestedAtMs,
        command.toleranceMs,
        command.event,
        command.replayId === undefined ? 0 : entryTtl.afterTimestampMs,
        entryTtl.atLeastMs,
        entryTtl.atMostMs,
      ],
    );
    return readAnswer(answer);
  }

  ready(): Promise<boolean> {
    return isReady(this.#redis);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}

function readVersion(text: string | null | undefined): number | undefined {
  return text ? Number(text) : undefined;
}

function readAnswer(answer: unknown): DecideAnswer {
  const [kind, first, second] = answer as string[]; // the script's own returns, stated in its header
  if (kind === 'decided' && first !== undefined && isVerdict(first)) return { kind, verdict: first };
  if (kind === 'stale' && (first === 'client' || first === 'environment'))
    return { kind, subject: first, version: Number(second) };
  if (kind === 'incomplete') return { kind };
  throw new Error(`decide.5.lua answered what its header does not know: ${String(kind)}`);
}
