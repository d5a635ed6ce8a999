import type { ClientRecord, EnvironmentRecord, TenantRecord } from '@keyward/contract/projection';
import { hasLimits } from '@keyward/decision/limits';
import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
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
} from './ports/decision-store.ts';
import { ShardBreaker } from './shard-breaker.ts';
import { ShardReports } from './shard-reports.ts';
import { allShards, shardOf } from './shards.ts';
import { within } from './within.ts';

interface GuardOptions {
  /** The longest that one question may take. */
  timeoutMs: number;
  clock: Clock;
  logger: Logger;
}

/** A shard that nobody asks is probed this often, so that it is known since when one cannot hear it. */
const heartbeatMs = 2_000;

/**
 * A decision store that answers within `timeoutMs` or throws `StoreAway`, whatever its adapter does; each shard has its
 * own breaker. When one goes away, the others that are not known to be well are probed: they may stand on the same server.
 */
export class GuardedDecisionStore implements DecisionStore {
  readonly #store: DecisionStore;
  readonly #timeoutMs: number;
  readonly #breakers: readonly ShardBreaker[];
  readonly #reports: ShardReports;
  readonly #stopping = new AbortController();
  readonly #heartbeat: NodeJS.Timeout;
  #reached = false;

  constructor(store: DecisionStore, { timeoutMs, clock, logger }: GuardOptions) {
    this.#store = store;
    this.#timeoutMs = timeoutMs;
    this.#reports = new ShardReports(logger);
    this.#breakers = allShards.map(
      (shard) =>
        new ShardBreaker({
          probe: () => store.probe(shard),
          timeoutMs,
          clock,
          stopping: this.#stopping.signal,
          onAway: (cause) => {
            this.#reports.away(shard, cause);
            this.#checkAll(timeoutMs);
          },
          onBack: () => this.#reports.back(shard),
        }),
    );
    this.#heartbeat = setInterval(() => this.#checkAll(heartbeatMs), heartbeatMs);
  }

  /** How many shards are away just now. */
  get awayShards(): number {
    return this.#breakers.filter(({ isAway }) => isAway).length;
  }

  /** Since when this shard has not vouched for what it holds, ms; infinite when it never has. */
  silentMs(shard: number): number {
    return this.#breaker(shard).silentMs;
  }

  readServerKey(digest: string): Promise<ServerKeyLookup> {
    return this.#breaker(shardOf(digest)).ask(
      () => this.#store.readServerKey(digest),
      ({ complete }) => complete,
    );
  }

  /** A record that is not there says nothing about the shard. */
  readEnvironment(environmentId: string): Promise<EnvironmentRecord | undefined> {
    return this.#breaker(shardOf(environmentId)).ask(() => this.#store.readEnvironment(environmentId), isThere);
  }

  readEnvironmentVersion(environmentId: string): Promise<number | undefined> {
    return this.#breaker(shardOf(environmentId)).ask(() => this.#store.readEnvironmentVersion(environmentId), isThere);
  }

  readKey(environmentId: string, digest: string, wider?: readonly string[]): Promise<KeyLookup> {
    return this.#breaker(shardOf(digest)).ask(() => this.#store.readKey(environmentId, digest, wider), isWhole);
  }

  readClient(environmentId: string, clientId: string): Promise<Lookup<ClientRecord>> {
    return this.#breaker(shardOf(clientId)).ask(() => this.#store.readClient(environmentId, clientId), isWhole);
  }

  readTenant(environmentId: string, digest: string): Promise<Lookup<TenantRecord>> {
    return this.#breaker(shardOf(digest)).ask(() => this.#store.readTenant(environmentId, digest), isWhole);
  }

  refuseUnknown(unknown: UnknownKey): Promise<UnknownAnswer> {
    return this.#breaker(shardOf(unknown.digest)).ask(() => this.#store.refuseUnknown(unknown), isComplete);
  }

  countRefusals(batch: RefusalBatch): Promise<void> {
    return this.#breaker(shardOf(batch.environmentId)).ask(() => this.#store.countRefusals(batch), never);
  }

  admitClient(client: NewClient): Promise<NewClientAnswer> {
    return this.#breaker(shardOf(client.environmentId)).ask(() => this.#store.admitClient(client), isComplete);
  }

  /** Under a cap the environment's own shard may have to be asked as well, and be what keeps the answer back. */
  decide(command: DecideCommand): Promise<DecideAnswer> {
    const decide = () => this.#breaker(shardOf(command.clientId)).ask(() => this.#store.decide(command), isComplete);
    return hasLimits(command.environmentLimits)
      ? this.#breaker(shardOf(command.environmentId)).ask(decide, never)
      : decide();
  }

  probe(shard: number): Promise<boolean> {
    return this.#breaker(shard).ask(() => this.#store.probe(shard), Boolean);
  }

  /** Has the store been there? A process that reached it once goes on: while it is away, policies answer. */
  async ready(): Promise<boolean> {
    this.#reached ||= await within(this.#store.ready(), this.#timeoutMs).catch(() => false);
    return this.#reached;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#stopping.abort();
    this.#reports[Symbol.dispose]();
    await this.#store[Symbol.asyncDispose]();
  }

  #checkAll(freshMs: number): void {
    for (const breaker of this.#breakers) breaker.check(freshMs);
  }

  #breaker(shard: number): ShardBreaker {
    const breaker = this.#breakers[shard];
    if (!breaker) throw new RangeError(`no shard ${shard}`);
    return breaker;
  }
}

const isThere = (value: unknown) => value !== undefined;
const isWhole = ({ environmentVersion }: Lookup<unknown>) => environmentVersion !== undefined;
const isComplete = ({ kind }: { kind: string }) => kind !== 'incomplete';
const never = () => false;
