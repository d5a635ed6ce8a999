import type { ExceededLimit, LimitStatus, Limits } from '@keyward/contract/limits';
import type { EnvironmentRecord, KeyRecord, ServerKeyRecord } from '@keyward/contract/projection';
import type { Verdict } from '@keyward/contract/verdict';

export interface ServerKeyLookup {
  /** false: the shard's projection is not complete, so a missing record means nothing. */
  complete: boolean;
  record: ServerKeyRecord | undefined;
}

export interface KeyLookup {
  /** The version of the environment that this shard holds; undefined: its projection is not complete. */
  environmentVersion: number | undefined;
  /** undefined, with a version: a key that nobody knows. */
  record: KeyRecord | undefined;
}

/** One decision about a known key, to be made final in the client's shard. */
export interface DecideCommand {
  environmentId: string;
  clientId: string;
  /** The versions that the caller's records had; older ones than the shard's are refused as stale. */
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
  /** The rotation family of the key: its totals outlive the key. */
  keyFamilyId: string;
  keyLimits: Limits;
  clientLimits: Limits;
  /** The environment's cap. */
  environmentLimits: Limits;
  /** The event's fields as JSON, but for the verdict and the time, which the store sets. */
  event: string;
}

export interface Decided {
  kind: 'decided';
  verdict: Verdict;
  /** How the limited windows stand; none of them without limits, and in other refusals. */
  limits?: LimitStatus[];
  /** With RATE_LIMITED: the window that refused. */
  exceeded?: ExceededLimit;
}

export type DecideAnswer =
  | Decided
  /** A record was older than this current version; load it again. */
  | { kind: 'stale'; subject: 'client' | 'environment'; version: number }
  /** The shard does not hold this environment's projection. */
  | { kind: 'incomplete' };

/** What the validator reads and decides on. Every method throws `StoreAway` when the store cannot be asked. */
export interface DecisionStore extends AsyncDisposable {
  readServerKey(digest: string): Promise<ServerKeyLookup>;
  readEnvironment(environmentId: string): Promise<EnvironmentRecord | undefined>;
  /** The version of the environment in its own shard; undefined when it is not there. */
  readEnvironmentVersion(environmentId: string): Promise<number | undefined>;
  readKey(environmentId: string, digest: string): Promise<KeyLookup>;
  /** Atomically: the request's entry, the versions, the timestamp, the limits, the event. One answer, one event, once. */
  decide(command: DecideCommand): Promise<DecideAnswer>;
  ready(): Promise<boolean>;
}
