import type {
  ClientRecord,
  EnvironmentRecord,
  KeyRecord,
  ServerKeyRecord,
  TenantRecord,
} from '@keyward/contract/projection';
import { newId } from '@keyward/kit/random';
import type { ClientSeed, EnvironmentSeed, LostTotals, SeedOutcome } from '../ports/lost-totals.ts';
import type { HeldRecord, Incarnations, ProjectionOptions, ProjectionStore } from '../ports/projection-store.ts';
import { allShards, shardOf } from '../shards.ts';
import { splitBySize } from '../split-by-size.ts';
import { asking, isReady, openOnRedis, type RedisConnection } from './connection.ts';
import { clientFields, redisKeys, unseededMembers } from './keys.ts';
import { printRecord } from './record.ts';
import { ReplicaConfirmation } from './replica-confirmation.ts';
import { scanRecords } from './scan-records.ts';
import { defineScript, type Script } from './script.ts';
import { totalsArguments } from './totals-arguments.ts';

/** 17 words each: few enough for a script's stack and short enough not to keep others waiting. */
const familiesPerCall = 200;

export class RedisProjectionStore implements ProjectionStore {
  readonly #redis: RedisConnection;
  readonly #replicas: ReplicaConfirmation;
  readonly #putRecord: Script;
  readonly #raiseVersion: Script;
  readonly #raiseClient: Script;
  readonly #nameIncarnation: Script;
  readonly #markProjected: Script;
  readonly #isProjected: Script;
  readonly #giveBack: Script;
  readonly #seedClient: Script;
  readonly #seedEnvironment: Script;
  readonly #claimEnvironment: Script;
  readonly #releaseEnvironment: Script;

  private constructor(redis: RedisConnection, minReplicas: number) {
    this.#redis = redis;
    this.#replicas = new ReplicaConfirmation(redis, minReplicas);
    this.#putRecord = defineScript(redis, 'put-record', 1);
    this.#raiseVersion = defineScript(redis, 'raise-version', 4);
    this.#raiseClient = defineScript(redis, 'raise-client', 3);
    this.#nameIncarnation = defineScript(redis, 'name-incarnation', 2);
    this.#markProjected = defineScript(redis, 'mark-projected', 3);
    this.#isProjected = defineScript(redis, 'is-projected', 2);
    this.#giveBack = defineScript(redis, 'give-back', 1);
    this.#seedClient = defineScript(redis, 'seed-client', 3);
    this.#seedEnvironment = defineScript(redis, 'seed-environment', 5);
    this.#claimEnvironment = defineScript(redis, 'claim-environment', 1);
    this.#releaseEnvironment = defineScript(redis, 'release-environment', 1);
  }

  static async open(url: string, { minReplicas = 0, logger }: ProjectionOptions = {}): Promise<RedisProjectionStore> {
    return openOnRedis(url, { logger, make: (redis) => new RedisProjectionStore(redis, minReplicas) });
  }

  async putKeys(environmentId: string, keys: readonly { digest: string; record: KeyRecord }[]): Promise<void> {
    await Promise.all(
      keys.map(({ digest, record }) => this.#putRecord([redisKeys.key(environmentId, digest)], printRecord(record))),
    );
  }

  async putClient(environmentId: string, record: ClientRecord): Promise<void> {
    await this.#putRecord([redisKeys.clientRecord(environmentId, record.clientId)], printRecord(record));
  }

  async putTenant(environmentId: string, digest: string, record: TenantRecord): Promise<void> {
    await this.#putRecord([redisKeys.tenant(environmentId, digest)], printRecord(record));
  }

  async putServerKeys(keys: readonly { digest: string; record: ServerKeyRecord }[]): Promise<void> {
    await Promise.all(
      keys.map(({ digest, record }) => this.#putRecord([redisKeys.serverKey(digest)], printRecord(record))),
    );
  }

  async putEnvironment(record: EnvironmentRecord): Promise<void> {
    await this.#putRecord([redisKeys.environment(record.environmentId)], printRecord(record));
  }

  async putClientVersion(clientId: string, version: number): Promise<void> {
    const shard = shardOf(clientId);
    const keys = [redisKeys.client(clientId), redisKeys.projected(shard), redisKeys.unseeded(shard)];
    await this.#raiseClient(keys, [version, unseededMembers.client(clientId)]);
  }

  async putEnvironmentVersion(environmentId: string, version: number): Promise<void> {
    const home = shardOf(environmentId);
    const raises = allShards.map((shard) => {
      const member = shard === home ? unseededMembers.environment(environmentId) : '';
      return this.#raiseVersion(
        [
          redisKeys.environmentVersion(shard, environmentId),
          redisKeys.projected(shard),
          redisKeys.unseeded(shard),
          redisKeys.budget(shard, environmentId),
        ],
        [version, member],
      );
    });
    const unspent = (await Promise.all(raises)).flat() as string[]; // the script's own returns, stated in its header
    if (unspent.length > 0) await this.#giveBack([redisKeys.environmentTotals(environmentId)], unspent);
  }

  confirmed(write: () => Promise<void>): Promise<boolean> {
    return this.#replicas.confirmed(write);
  }

  async beginRebuild(): Promise<Incarnations> {
    const names = await Promise.all(
      allShards.map((shard) =>
        this.#nameIncarnation([redisKeys.incarnation(shard), redisKeys.confirmedRun(shard)], [newId()]),
      ),
    );
    return names.map(String);
  }

  async completeRebuild(begun: Incarnations): Promise<boolean> {
    const marked = await Promise.all(
      allShards.map((shard) =>
        this.#markProjected(
          [redisKeys.incarnation(shard), redisKeys.projected(shard), redisKeys.confirmedRun(shard)],
          [begun[shard] ?? ''],
        ),
      ),
    );
    return marked.every((mark) => mark === 1);
  }

  async isComplete(): Promise<boolean> {
    const marks = await Promise.all(
      allShards.map((shard) => this.#isProjected([redisKeys.projected(shard), redisKeys.confirmedRun(shard)], [])),
    );
    return marks.every((mark) => mark === 1);
  }

  async timeMs(): Promise<number> {
    const [seconds, microseconds] = await asking(this.#redis.time());
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  async readLastUseMs({ clientId, familyId }: { clientId: string; familyId: string }): Promise<number | 'unknown'> {
    const { version, unseeded, keyUses } = clientFields;
    const [isThere, isUnseeded, uses] = await asking(
      this.#redis.hmgetBuffer(redisKeys.client(clientId), version, unseeded, keyUses(familyId)),
    );
    if (!isThere || isUnseeded) return 'unknown';
    return uses ? uses.readDoubleLE(8) : 0; // the second of three doubles
  }

  async readLostTotals(limit: number): Promise<LostTotals> {
    const nowMs = await this.timeMs();
    const due = allShards.map((shard) =>
      this.#redis.zrangebyscore(redisKeys.unseeded(shard), '-inf', nowMs, 'WITHSCORES', 'LIMIT', 0, limit),
    );
    const members = (await asking(Promise.all(due))).flatMap(readScores);
    const incarnations = members.length > 0 ? await this.beginRebuild() : [];
    return {
      nowMs,
      incarnations,
      clients: members.flatMap(({ member, score }) => {
        const clientId = unseededMembers.clientOf(member);
        if (clientId === undefined) return [];
        const [incarnation = ''] = (incarnations[shardOf(clientId)] ?? '').split(' ');
        return [{ clientId, lostAtMs: score, incarnation }];
      }),
      environmentIds: members.flatMap(({ member }) => unseededMembers.environmentOf(member) ?? []),
    };
  }

  /** In several calls, as a command holds only so much; the client's own totals go with the last, which ends the wait. */
  async seedClientTotals(seed: ClientSeed): Promise<SeedOutcome> {
    const families = [...new Set([...seed.families.keys(), ...seed.uses.keys()])];
    const parts = splitBySize(families, familiesPerCall, () => 1);
    const last = parts.pop() ?? [];
    for (const part of parts) {
      const outcome = await this.#seedPart(seed, ['more', ...familyWords(part, seed)]);
      if (outcome !== 'more') return outcome as SeedOutcome; // the script's own returns, stated in its header
    }
    const totals = [clientFields.totals, ...totalsArguments(seed.totals)];
    return (await this.#seedPart(seed, ['', ...familyWords(last, seed), ...totals])) as SeedOutcome; // as above
  }

  #seedPart(seed: ClientSeed, words: readonly (string | number)[]): Promise<unknown> {
    const { clientId, incarnations, hour, notBeforeMs } = seed;
    const shard = shardOf(clientId);
    return this.#seedClient(
      [redisKeys.client(clientId), redisKeys.unseeded(shard), redisKeys.incarnation(shard)],
      [
        ...[unseededMembers.client(clientId), incarnations[shard] ?? '', hour.startMs, hour.endMs, notBeforeMs],
        ...words,
      ],
    );
  }

  async seedEnvironmentTotals(seed: EnvironmentSeed): Promise<SeedOutcome> {
    const { environmentId, incarnations, totals, hour, version, generation } = seed;
    const shard = shardOf(environmentId);
    const outcome = await this.#seedEnvironment(
      [
        redisKeys.environmentTotals(environmentId),
        redisKeys.environmentVersion(shard, environmentId),
        redisKeys.projected(shard),
        redisKeys.unseeded(shard),
        redisKeys.incarnation(shard),
      ],
      [
        ...[unseededMembers.environment(environmentId), incarnations?.[shard] ?? ''],
        ...[hour.startMs, hour.endMs, version, generation],
        ...(totals ? totalsArguments(totals) : []),
      ],
    );
    return outcome as SeedOutcome; // the script's own returns, too
  }

  async claimEnvironmentTotals(environmentId: string, version: number): Promise<boolean> {
    return (await this.#claimEnvironment([redisKeys.environmentTotals(environmentId)], [version])) === 1;
  }

  async releaseEnvironmentTotals(environmentId: string, version: number): Promise<void> {
    await this.#releaseEnvironment([redisKeys.environmentTotals(environmentId)], [version]);
  }

  scanRecords(): AsyncIterable<readonly HeldRecord[]> {
    return scanRecords(this.#redis);
  }

  ready(): Promise<boolean> {
    return isReady(this.#redis);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}

/** How many of these families have uses to be given back, those, and the totals of those that have some. */
function familyWords(ids: readonly string[], { families, uses }: ClientSeed): (string | number)[] {
  const used = ids.flatMap((id) => {
    const of = uses.get(id);
    return of ? [[clientFields.keyUses(id), of.count, of.lastAtMs ?? 0]] : [];
  });
  const totals = ids.flatMap((id) => {
    const of = families.get(id);
    return of ? [clientFields.keyTotals(id), ...totalsArguments(of)] : [];
  });
  return [used.length, ...used.flat(), ...totals];
}

/** Redis answers members and their scores in turn. */
function readScores(answer: readonly string[]): { member: string; score: number }[] {
  return answer.flatMap((member, i) => (i % 2 === 0 ? [{ member, score: Number(answer[i + 1]) }] : []));
}
