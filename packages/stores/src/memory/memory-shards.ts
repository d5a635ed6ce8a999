import type { EnvironmentRecord, KeyRecord, ServerKeyRecord } from '@keyward/contract/projection';
import type { SubjectTotals } from '@keyward/decision/limits';
import { type Clock, systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { Decided } from '../ports/decision-store.ts';
import type { OutboxEntry } from '../ports/outbox.ts';
import { allShards, shardOf } from '../shards.ts';
import { SharedInstances } from '../shared-instances.ts';

export interface RequestEntry {
  eventId: string;
  answer: Decided;
  expiresAtMs: number;
}

/** What an environment's clients used of its caps. */
export interface EnvironmentTotals {
  totals: SubjectTotals;
  /** The environment's version when it was made. */
  version: number;
  /** A name for this very counter. */
  generation: string;
}

/** What Redis holds, in this process: the state that the memory adapters of one `memory:<name>` share. */
export class MemoryShards {
  readonly clock: Clock;
  readonly keys = new Map<string, KeyRecord>();
  readonly serverKeys = new Map<string, ServerKeyRecord>();
  readonly environments = new Map<string, EnvironmentRecord>();
  /** A name for what is held here: memory begins empty with each process, and is never emptied later. */
  readonly incarnation = newId();
  projected = false;
  /** One version for all shards: here they cannot part. */
  readonly environmentVersions = new Map<string, number>();
  /** When the version was first written before `projected` held, Unix ms; what was requested earlier may have been answered. */
  readonly environmentSince = new Map<string, number>();
  readonly clientVersions = new Map<string, number>();
  readonly clientTotals = new Map<string, SubjectTotals>();
  readonly keyTotals = new Map<string, SubjectTotals>();
  readonly environmentTotals = new Map<string, EnvironmentTotals>();
  /** Clients and environments whose totals are unknown, because they come from before this process, by when that began. */
  readonly unseededClients = new Map<string, number>();
  readonly unseededEnvironments = new Map<string, number>();
  readonly outboxes: OutboxEntry[][] = allShards.map(() => []);
  readonly relays = new Map<string, number>();
  readonly leases = new Map<number, { relay: string; expiresAtMs: number }>();
  readonly #entries = new Map<string, RequestEntry>();
  #sequence = 0;

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** The entry of a request, by its envelope's nonce or its event id, in the client's shard. */
  entry(clientId: string, id: string): RequestEntry | undefined {
    const entry = this.#entries.get(entryKey(clientId, id));
    return entry && entry.expiresAtMs > this.clock.nowMs() ? entry : undefined;
  }

  keepEntry(clientId: string, id: string, entry: RequestEntry): void {
    this.#entries.set(entryKey(clientId, id), entry);
    if (this.#entries.size % 1_024 === 0) this.#dropExpired();
  }

  #dropExpired(): void {
    const nowMs = this.clock.nowMs();
    for (const [key, entry] of this.#entries) if (entry.expiresAtMs <= nowMs) this.#entries.delete(key);
  }
}

const entryKey = (clientId: string, id: string) => `${shardOf(clientId)}:${id}`;

/** Writes `record` unless what is there is as new or newer; answers whether it was written. */
export function putNewer<T extends { version: number }>(map: Map<string, T>, key: string, record: T): boolean {
  const kept = map.get(key);
  if (kept && kept.version >= record.version) return false;
  map.set(key, record);
  return true;
}

export const memoryShards = new SharedInstances<MemoryShards>({
  open: async () => new MemoryShards(),
  close: async () => undefined,
});
