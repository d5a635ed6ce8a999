import type { Window } from '@keyward/decision/calendar';
import type { SubjectTotals } from '@keyward/decision/limits';
import type { KeyUses } from './decision-store.ts';
import type { Incarnations } from './projection-store.ts';

export interface LostClient {
  clientId: string;
  /** By then the client had been lost, so nothing was counted for it in this shard before. */
  lostAtMs: number;
  /** By what name its events tell which outbox they come by now. */
  incarnation: string;
}

/** Whose totals went with a shard, and are to be seeded now. */
export interface LostTotals {
  /** What the shards held when this was read: totals are seeded only while they still do. */
  incarnations: Incarnations;
  /** The store's clock when this was read, Unix ms. */
  nowMs: number;
  clients: LostClient[];
  environmentIds: string[];
}

interface Seed {
  /** The hour that the totals were computed for; they hold in no other. */
  hour: Window;
}

export interface ClientSeed extends Seed {
  clientId: string;
  incarnations: Incarnations;
  totals: SubjectTotals;
  /** The totals of its keys' rotation families, by family. */
  families: ReadonlyMap<string, SubjectTotals>;
  /** By family: its uses before what the shard has counted itself, which goes on to count. */
  uses: ReadonlyMap<string, KeyUses>;
  /** Asked earlier, the seeding is put off until then, Unix ms. */
  notBeforeMs: number;
}

export interface EnvironmentSeed extends Seed {
  environmentId: string;
  /** The version of the environment that the totals were computed for; no counter is made for an older one. */
  version: number;
  /** A name for this counter, never used before. */
  generation: string;
  /** undefined: the environment has no caps. */
  totals: SubjectTotals | undefined;
  /** Given: seeds what waits for it after a loss. Otherwise what waits goes on waiting. */
  incarnations?: Incarnations;
}

/** `outdated`: the hour has turned, the shard was lost again, or the environment is newer: compute it anew. */
export type SeedOutcome = 'seeded' | 'postponed' | 'waiting' | 'outdated';
