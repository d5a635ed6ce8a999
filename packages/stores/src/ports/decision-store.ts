import type { ExceededLimit, LimitStatus, Limits } from '@keyward/contract/limits';
import type {
  ClientRecord,
  EnvironmentRecord,
  KeyRecord,
  ServerKeyRecord,
  TenantRecord,
} from '@keyward/contract/projection';
import type { Refusal, Verdict } from '@keyward/contract/verdict';

export interface ServerKeyLookup {
  /** false: the shard's projection is not complete, so a missing record means nothing. */
  complete: boolean;
  record: ServerKeyRecord | undefined;
}

/** Without a record, but with a version: a key that nobody knows. */
export type KeyLookup = Lookup<KeyRecord>;

/** A record of an environment, and the version of that environment in the record's shard; without it: incomplete. */
export interface Lookup<T> {
  environmentVersion: number | undefined;
  record: T | undefined;
}

/** A refusal of a request whose key nobody knows. */
export interface UnknownKey {
  environmentId: string;
  environmentVersion: number;
  digest: string;
  code: Refusal;
}

/** Refusals that a sender has counted. The batches that it sends for one environment have rising numbers, from 1 on. */
export interface RefusalBatch {
  sender: string;
  number: number;
  environmentId: string;
  counts: ReadonlyMap<Refusal, number>;
}

export type UnknownAnswer =
  | { kind: 'counted' }
  /** It became known meanwhile. */
  | { kind: 'known' }
  | { kind: 'stale'; subject: 'environment'; version: number }
  | { kind: 'incomplete' };

/** A client that makes itself known by a locally signed key. */
export interface NewClient {
  environmentId: string;
  environmentVersion: number;
  clientId: string;
  /** How many clients may do so in a day, UTC. */
  perDay: number;
}

export type NewClientAnswer =
  | { kind: 'admitted' }
  | { kind: 'full' }
  | { kind: 'stale'; subject: 'environment'; version: number }
  | { kind: 'incomplete' };

/** One decision about a known key, to be made final in the client's shard. */
export interface DecideCommand {
  environmentId: string;
  clientId: string;
  /**
   * The versions that the caller's records had; older ones than the shard's are refused as stale. A client that nobody
   * registered yet has version 0.
   */
  environmentVersion: number;
  clientVersion: number;
  eventId: string;
  /** What must not come twice: an envelope's nonce; without it the event id alone makes a retry safe. */
  replayId: string | undefined;
  /** The requester's clock, Unix ms, and how far it may be from the store's. */
  requestedAtMs: number;
  toleranceMs: number;
  /** What the rules that need no shared state came to. */
  verdict: Verdict;
  /** What the request costs, from 0 on; a limit's unit. */
  cost: number;
  /** The rotation family of the key: its totals outlive the key. Without one the key has no totals, and so no limits. */
  keyFamilyId: string | undefined;
  keyLimits: Limits;
  clientLimits: Limits;
  /** The environment's cap. */
  environmentLimits: Limits;
  /** An admission is a use of the key, and adds to its family's; without a family there are none. */
  isUse: boolean;
  /** Is to be told how often the key was used? */
  tellsUses: boolean;
  /** The event's fields as JSON, but for the verdict and the time, which the store sets. */
  event: string;
}

/** How often a key's rotation family was used, and when last (Unix ms). */
export interface KeyUses {
  count: number;
  lastAtMs?: number;
}

export interface Decided {
  kind: 'decided';
  verdict: Verdict;
  /** How the limited windows stand; none of them without limits, and in other refusals. */
  limits?: LimitStatus[];
  /** With RATE_LIMITED: the window that refused. */
  exceeded?: ExceededLimit;
  /** After this decision, when it was asked for; none: they are not kept for this key, or were lost. */
  uses?: KeyUses;
}

export type DecideAnswer =
  | Decided
  /** A record was older than this current version; load it again. */
  | { kind: 'stale'; subject: 'client' | 'environment'; version: number }
  /** The shard does not hold this environment's projection, or no totals yet that a limit could go by. */
  | { kind: 'incomplete' }
  /** An envelope from before the shard was lost: whether it came then cannot be told. */
  | { kind: 'predates' };

/**
 * What the validator reads and decides on. Every method throws `StoreAway` when the store cannot be asked; how long to wait
 * for a store that hangs is the caller's to say, with `GuardedDecisionStore`.
 */
export interface DecisionStore extends AsyncDisposable {
  readServerKey(digest: string): Promise<ServerKeyLookup>;
  readEnvironment(environmentId: string): Promise<EnvironmentRecord | undefined>;
  /** The version of the environment in its own shard; undefined when it is not there. */
  readEnvironmentVersion(environmentId: string): Promise<number | undefined>;
  /** @param wider what the environment lies in: keys that are known there are known in it, too. */
  readKey(environmentId: string, digest: string, wider?: readonly string[]): Promise<KeyLookup>;
  readClient(environmentId: string, clientId: string): Promise<Lookup<ClientRecord>>;
  /** @param digest of the tenant's name, as text. */
  readTenant(environmentId: string, digest: string): Promise<Lookup<TenantRecord>>;
  /** Looks again, and counts the refusal in the present minute. */
  refuseUnknown(unknown: UnknownKey): Promise<UnknownAnswer>;
  /** Counts refusals that no key was looked up for, in the present minute; a batch that comes again is counted once. */
  countRefusals(batch: RefusalBatch): Promise<void>;
  /** Counts a new client once, and refuses it when the day's number is reached. */
  admitClient(client: NewClient): Promise<NewClientAnswer>;
  /** Atomically: the request's entry, the versions, the timestamp, the limits, the event. One answer, one event, once. */
  decide(command: DecideCommand): Promise<DecideAnswer>;
  /** Is the shard's projection complete? Cheap, and it fails whenever a decision in that shard would. */
  probe(shard: number): Promise<boolean>;
  ready(): Promise<boolean>;
}
