import type { ExceededLimit, LimitStatus, Limits, Subject, WindowName } from '@keyward/contract/limits';
import type { EnvironmentRecord, KeyRecord, ServerKeyRecord } from '@keyward/contract/projection';
import { isVerdict } from '@keyward/contract/verdict';
import { subjectWindows } from '@keyward/decision/limits';
import type { Clock } from '@keyward/kit/clock';
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
import { clientFields, redisKeys } from './keys.ts';
import { readRecord } from './record.ts';
import { defineScript, type Script } from './script.ts';

export class RedisDecisionStore implements DecisionStore {
  readonly #redis: RedisConnection;
  readonly #decide: Script;
  readonly #testClock: Clock | undefined;

  private constructor(redis: RedisConnection, testClock?: Clock) {
    this.#redis = redis;
    this.#testClock = testClock;
    this.#decide = defineScript(redis, 'decide', 5, testClock ? clockFromArguments : undefined);
  }

  /** @param testClock only tests give one: the script then takes it for Redis' own time. */
  static async open(url: string, testClock?: Clock): Promise<RedisDecisionStore> {
    const redis = connectRedis(url);
    const store = new RedisDecisionStore(redis, testClock);
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
        command.cost,
        clientFields.keyTotals(command.keyFamilyId),
        ...subjectWindows.key.map((window) => limitOf(command.keyLimits, window)),
        ...subjectWindows.client.map((window) => limitOf(command.clientLimits, window)),
        ...(this.#testClock ? [this.#testClock.nowMs()] : []),
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

/** The script's test build: `now` is its last argument. */
function clockFromArguments(lua: string): string {
  const built = lua.replace(/local time = redis\.call\('TIME'\)\nlocal now = .*\n/, 'local now = tonumber(ARGV[21])\n');
  if (built === lua) throw new Error('decide.5.lua does not read the time where its test build expects it');
  return built;
}

/** Of `version`, or of `version|since`. */
function readVersion(text: string | null | undefined): number | undefined {
  return text ? Number.parseInt(text, 10) : undefined;
}

function limitOf(limits: Limits, window: WindowName): number | string {
  return limits[window] ?? '';
}

function readAnswer(answer: unknown): DecideAnswer {
  const [kind, first, second, third] = answer as string[]; // the script's own returns, stated in its header
  if (kind === 'decided' && first !== undefined && isVerdict(first))
    return { kind, verdict: first, ...readLimits(second), ...readExceeded(third) };
  if (kind === 'stale' && (first === 'client' || first === 'environment'))
    return { kind, subject: first, version: Number(second) };
  if (kind === 'incomplete') return { kind };
  throw new Error(`decide.5.lua answered what its header does not know: ${String(kind)}`);
}

function readLimits(text: string | undefined): { limits?: LimitStatus[] } {
  if (!text) return {};
  const limits = text.split(',').map((status) => {
    const [subject, window, ...numbers] = status.split(':');
    const [limit = 0, remaining = 0, resetSeconds = 0, windowSeconds = 0] = numbers.map(Number);
    // The script writes only names of ours.
    return { subject: subject as Subject, window: window as WindowName, limit, remaining, resetSeconds, windowSeconds };
  });
  return { limits };
}

function readExceeded(text: string | undefined): { exceeded?: ExceededLimit } {
  if (!text) return {};
  const [subject, window, seconds] = text.split(':');
  const exceeded = { subject: subject as Subject, window: window as WindowName }; // names of ours, too
  return { exceeded: seconds ? { ...exceeded, retryAfterSeconds: Number(seconds) } : exceeded };
}
