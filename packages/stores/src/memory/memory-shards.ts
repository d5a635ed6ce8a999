import type {
  ClientRecord,
  EnvironmentRecord,
  KeyRecord,
  ServerKeyRecord,
  TenantRecord,
} from '@keyward/contract/projection';
import type { Budget, EnvironmentTotals } from '@keyward/decision/environment-cap';
import type { SubjectTotals } from '@keyward/decision/limits';
import { type Clock, systemClock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { Decided } from '../ports/decision-store.ts';
import { type RefusalCount, refusalCounters } from '../refusal-counters.ts';
import { allShards, shardOf } from '../shards.ts';
import { SharedInstances } from '../shared-instances.ts';
import { MemoryStream } from './memory-stream.ts';

export interface RequestEntry {
  eventId: string;
  answer: Decided;
  expiresAtMs: number;
}

/** What Redis holds, in this process: the state that the memory adapters of one `memory:<name>` share. */
export class MemoryShards {
  readonly clock: Clock;
  readonly keys = new Map<string, KeyRecord>();
  readonly clients = new Map<string, ClientRecord>();
  readonly tenants = new Map<string, TenantRecord>();
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
  /** How often each rotation family was used since this process began, when last (Unix ms; 0: not yet), and how often before. */
  readonly keyUses = new Map<string, { since: number; lastAtMs: number; before: number }>();
  /** Clients and environments whose totals are unknown, because they come from before this process, by when that began. */
  readonly unseededClients = new Map<string, number>();
  readonly unseededEnvironments = new Map<string, number>();
  /** Totals and grants of each environment's cap, with the version that claimed or released them last. */
  readonly environmentTotals = new Map<string, EnvironmentTotals & { version: number; isCapped: boolean }>();
  readonly #budgets = new Map<string, Budget>();
  readonly #outboxes: readonly MemoryStream[] = allShards.map(() => new MemoryStream());
  readonly relays = new Map<string, number>();
  readonly leases = new Map<number, { relay: string; expiresAtMs: number }>();
  /** What was refused and is in no summary yet, by shard; within it by minute, environment and code. */
  readonly #refusals: readonly Map<string, RefusalCount>[] = allShards.map(() => new Map());
  /** The number of the last batch of refusals, by environment and sender. */
  readonly refusalBatches = new Map<string, number>();
  /** By environment and day. */
  readonly newClients = new Map<string, Set<string>>();
  readonly #entries = new Map<string, RequestEntry>();

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
  }

  outbox(shard: number): MemoryStream {
    const outbox = this.#outboxes[shard];
    if (!outbox) throw new RangeError(`there is no shard ${shard}`);
    return outbox;
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

  /** What the client's shard may spend of the environment's cap. */
  budget(clientId: string, environmentId: string): Budget | undefined {
    return this.#budgets.get(budgetKey(clientId, environmentId));
  }

  keepBudget(clientId: string, environmentId: string, budget: Budget | undefined): void {
    const key = budgetKey(clientId, environmentId);
    if (budget) this.#budgets.set(key, budget);
    else this.#budgets.delete(key);
  }

  /** The budgets of all shards for this environment, which have none from now on. */
  takeBudgets(environmentId: string): Budget[] {
    return allShards.flatMap((shard) => {
      const key = `${shard}:${environmentId}`;
      const budget = this.#budgets.get(key);
      this.#budgets.delete(key);
      return budget ?? [];
    });
  }

  /** Counts refusals in the present minute. */
  countRefusals(shard: number, { environmentId, code, count }: Pick<RefusalCount, 'environmentId' | 'code' | 'count'>) {
    const minuteMs = refusalCounters.minuteOf(this.clock.nowMs()) * 60_000;
    const field = `${minuteMs}|${environmentId}|${code}`;
    const counted = this.#refusals[shard]?.get(field)?.count ?? 0;
    this.#refusals[shard]?.set(field, { minuteMs, environmentId, code, count: counted + count });
  }

  /** The counts that are in no summary yet. */
  refusalsOf(shard: number): RefusalCount[] {
    return [...(this.#refusals[shard]?.values() ?? [])];
  }

  /** The counts of minutes that are over, or of all: they are here no more. */
  takeRefusals(shard: number, present: boolean): RefusalCount[] {
    const minute = refusalCounters.minuteOf(this.clock.nowMs()) + (present ? 1 : 0);
    const counts = this.#refusals[shard] ?? new Map<string, RefusalCount>();
    const taken = [...counts].filter(([, { minuteMs }]) => minuteMs < minute * 60_000);
    for (const [field] of taken) counts.delete(field);
    return taken.map(([, count]) => count);
  }

  #dropExpired(): void {
    const nowMs = this.clock.nowMs();
    for (const [key, entry] of this.#entries) if (entry.expiresAtMs <= nowMs) this.#entries.delete(key);
  }
}

const budgetKey = (clientId: string, environmentId: string) => `${shardOf(clientId)}:${environmentId}`;
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
