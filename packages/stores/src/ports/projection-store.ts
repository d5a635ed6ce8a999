import type {
  ClientRecord,
  EnvironmentRecord,
  KeyRecord,
  ServerKeyRecord,
  TenantRecord,
} from '@keyward/contract/projection';
import type { Logger } from '@keyward/kit/logger';
import type { ClientSeed, EnvironmentSeed, LostTotals, SeedOutcome } from './lost-totals.ts';

/** By shard: a name for what it has held since it was last empty, and for the process that holds it. */
export type Incarnations = readonly string[];

export interface ProjectionOptions {
  /** How many replicas must have what was written before it counts as confirmed; 0 unless it is said. */
  minReplicas?: number;
  /** Told why the store cannot be reached, while it cannot. */
  logger?: Logger;
}

/** A record that stands for one thing in Postgres, as the shards hold it. */
export type HeldRecord =
  | { kind: 'key'; environmentId: string; digest: string; record: KeyRecord }
  | { kind: 'client'; environmentId: string; record: ClientRecord }
  | { kind: 'tenant'; environmentId: string; digest: string; record: TenantRecord }
  | { kind: 'server-key'; digest: string; record: ServerKeyRecord };

/**
 * Where the admin-api puts what validators decide by. A write takes effect only over an older version, so writers may
 * race and repeat. Write records first and versions last: a version says that everything up to it is there.
 */
export interface ProjectionStore extends AsyncDisposable {
  putKeys(environmentId: string, keys: readonly { digest: string; record: KeyRecord }[]): Promise<void>;
  putClient(environmentId: string, record: ClientRecord): Promise<void>;
  /** @param digest of the tenant's name, as text. */
  putTenant(environmentId: string, digest: string, record: TenantRecord): Promise<void>;
  putServerKeys(keys: readonly { digest: string; record: ServerKeyRecord }[]): Promise<void>;
  putEnvironment(record: EnvironmentRecord): Promise<void>;
  putClientVersion(clientId: string, version: number): Promise<void>;
  /** In every shard. */
  putEnvironmentVersion(environmentId: string, version: number): Promise<void>;
  /**
   * Runs writes to this store; true: as many replicas as the store was opened with have them, so they outlive a failover.
   * Throws what they throw, and `StoreAway` when the replicas cannot be asked for.
   */
  confirmed(write: () => Promise<void>): Promise<boolean>;
  /** Begins to write all of it: names what each shard holds now, for `completeRebuild` to compare. */
  beginRebuild(): Promise<Incarnations>;
  /**
   * Marks every shard as complete that was not emptied since and is held by the same process; false: one was or is not, so
   * write all of it again.
   */
  completeRebuild(begun: Incarnations): Promise<boolean>;
  /** Does every shard hold that mark, and was it set on the process that holds the shard now? */
  isComplete(): Promise<boolean>;
  /** The clock that decisions are timed by, Unix ms. */
  timeMs(): Promise<number>;
  /**
   * When a rotation family was used last, Unix ms; 0: not yet; `unknown`: the shard was lost, and has not been told of the client, or of
   * its uses, yet.
   */
  readLastUseMs(family: { clientId: string; familyId: string }): Promise<number | 'unknown'>;
  /** The totals that went with lost shards and are due to be seeded, at most `limit` of each shard. */
  readLostTotals(limit: number): Promise<LostTotals>;
  /** Gives a client whose totals were lost new ones; `postponed` until `notBeforeMs`, or `seeded`, also by somebody else. */
  seedClientTotals(seed: ClientSeed): Promise<SeedOutcome>;
  /** Makes the counter of an environment's caps, or wakes one that rested; `waiting`: it was lost, and is seeded after that. */
  seedEnvironmentTotals(seed: EnvironmentSeed): Promise<SeedOutcome>;
  /** Claims a counter that has counted all along for a version with caps; false: it is missing or rested, so seed it. */
  claimEnvironmentTotals(environmentId: string, version: number): Promise<boolean>;
  /** Lets the counter rest, since the environment has no caps from this version on, unless a newer one has claimed it. */
  releaseEnvironmentTotals(environmentId: string, version: number): Promise<void>;
  /** Every record of a key, a client, a name or a server key that the shards hold, some at a time, in no order, perhaps some twice. */
  scanRecords(): AsyncIterable<readonly HeldRecord[]>;
  ready(): Promise<boolean>;
}
