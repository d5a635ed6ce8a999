import type {
  ClientRecord,
  EnvironmentRecord,
  KeyRecord,
  ServerKeyRecord,
  TenantRecord,
} from '@keyward/contract/projection';
import type { Window } from '@keyward/decision/calendar';
import { giveBack, mostUsed } from '@keyward/decision/environment-cap';
import type { ClientSeed, EnvironmentSeed, LostTotals, SeedOutcome } from '../ports/lost-totals.ts';
import type { HeldRecord, Incarnations, ProjectionStore } from '../ports/projection-store.ts';
import { type MemoryShards, memoryShards, putNewer } from './memory-shards.ts';

export class MemoryProjectionStore implements ProjectionStore {
  readonly #shards: MemoryShards;
  readonly #close: () => Promise<void>;

  constructor(shards: MemoryShards, close: () => Promise<void> = async () => undefined) {
    this.#shards = shards;
    this.#close = close;
  }

  static async open(url: string): Promise<MemoryProjectionStore> {
    const shared = await memoryShards.acquire(url);
    return new MemoryProjectionStore(shared.instance, () => shared[Symbol.asyncDispose]());
  }

  async putKeys(environmentId: string, keys: readonly { digest: string; record: KeyRecord }[]): Promise<void> {
    for (const { digest, record } of keys) putNewer(this.#shards.keys, `${environmentId}:${digest}`, record);
  }

  async putClient(environmentId: string, record: ClientRecord): Promise<void> {
    putNewer(this.#shards.clients, `${environmentId}:${record.clientId}`, record);
  }

  async putTenant(environmentId: string, digest: string, record: TenantRecord): Promise<void> {
    putNewer(this.#shards.tenants, `${environmentId}:${digest}`, record);
  }

  async putServerKeys(keys: readonly { digest: string; record: ServerKeyRecord }[]): Promise<void> {
    for (const { digest, record } of keys) putNewer(this.#shards.serverKeys, digest, record);
  }

  async putEnvironment(record: EnvironmentRecord): Promise<void> {
    putNewer(this.#shards.environments, record.environmentId, record);
  }

  async putClientVersion(clientId: string, version: number): Promise<void> {
    const { projected, clock, clientVersions, unseededClients } = this.#shards;
    if (!projected && !clientVersions.has(clientId)) unseededClients.set(clientId, clock.nowMs());
    raise(clientVersions, clientId, version);
  }

  async putEnvironmentVersion(environmentId: string, version: number): Promise<void> {
    const { projected, clock, environmentVersions, environmentSince, unseededEnvironments } = this.#shards;
    if (!projected && !environmentVersions.has(environmentId)) {
      environmentSince.set(environmentId, clock.nowMs());
      unseededEnvironments.set(environmentId, clock.nowMs());
    }
    if (!raise(environmentVersions, environmentId, version)) return;
    const budgets = this.#shards.takeBudgets(environmentId);
    const totals = this.#shards.environmentTotals.get(environmentId);
    for (const budget of budgets) if (totals && budget.kind === 'left') giveBack(totals, budget);
  }

  /** Memory has no replicas, and nothing outlives it. */
  async confirmed(write: () => Promise<void>): Promise<boolean> {
    await write();
    return true;
  }

  async beginRebuild(): Promise<Incarnations> {
    return [this.#shards.incarnation];
  }

  async completeRebuild([begun]: Incarnations): Promise<boolean> {
    if (begun !== this.#shards.incarnation) return false;
    this.#shards.projected = true;
    return true;
  }

  async isComplete(): Promise<boolean> {
    return this.#shards.projected;
  }

  async timeMs(): Promise<number> {
    return this.#shards.clock.nowMs();
  }

  async readLastUseMs({ clientId, familyId }: { clientId: string; familyId: string }): Promise<number | 'unknown'> {
    const { clientVersions, unseededClients, keyUses } = this.#shards;
    if (!clientVersions.has(clientId) || unseededClients.has(clientId)) return 'unknown';
    return keyUses.get(familyId)?.lastAtMs ?? 0;
  }

  async readLostTotals(limit: number): Promise<LostTotals> {
    const { clock, incarnation, unseededClients, unseededEnvironments } = this.#shards;
    const nowMs = clock.nowMs();
    const clients = [...unseededClients].filter(([, dueMs]) => dueMs <= nowMs).slice(0, limit);
    return {
      nowMs,
      incarnations: [incarnation],
      clients: clients.map(([clientId, lostAtMs]) => ({ clientId, lostAtMs, incarnation })),
      environmentIds: [...unseededEnvironments.keys()].slice(0, limit),
    };
  }

  async seedClientTotals(seed: ClientSeed): Promise<SeedOutcome> {
    const { clock, incarnation, unseededClients, clientTotals, keyTotals, keyUses } = this.#shards;
    const { clientId, incarnations, hour, notBeforeMs, totals, families, uses } = seed;
    if (!unseededClients.has(clientId)) return 'seeded';
    const nowMs = clock.nowMs();
    if (incarnations[0] !== incarnation || !contains(hour, nowMs)) return 'outdated';
    if (nowMs < notBeforeMs) {
      unseededClients.set(clientId, notBeforeMs);
      return 'postponed';
    }
    clientTotals.set(clientId, totals);
    for (const [family, ofFamily] of families) keyTotals.set(family, ofFamily);
    for (const [family, { count, lastAtMs = 0 }] of uses) {
      const { since, lastAtMs: lastSinceMs } = keyUses.get(family) ?? { since: 0, lastAtMs: 0 };
      keyUses.set(family, { since, lastAtMs: Math.max(lastSinceMs, lastAtMs), before: count });
    }
    unseededClients.delete(clientId);
    return 'seeded';
  }

  async seedEnvironmentTotals(seed: EnvironmentSeed): Promise<SeedOutcome> {
    const { clock, incarnation, projected, environmentVersions, environmentTotals, unseededEnvironments } =
      this.#shards;
    const { environmentId, incarnations, hour, totals, version, generation } = seed;
    const waits = unseededEnvironments.has(environmentId) || !projected;
    if (!incarnations && waits) return 'waiting';
    if (incarnations && incarnations[0] !== incarnation) return 'outdated';
    if ((environmentVersions.get(environmentId) ?? 0) > version || !contains(hour, clock.nowMs())) return 'outdated';
    const kept = environmentTotals.get(environmentId);
    if (kept && kept.version > version) return 'outdated';
    if (totals && !kept)
      environmentTotals.set(environmentId, { totals, version, generation, isCapped: true, grantedAtMs: new Map() });
    else if (totals && kept && !kept.isCapped) {
      const merged = mostUsed(kept.totals, totals, clock.nowMs());
      Object.assign(kept, { totals: merged, version, isCapped: true });
    } else if (totals && kept) kept.version = version;
    unseededEnvironments.delete(environmentId);
    return 'seeded';
  }

  async claimEnvironmentTotals(environmentId: string, version: number): Promise<boolean> {
    const kept = this.#shards.environmentTotals.get(environmentId);
    if (!kept?.isCapped) return false;
    kept.version = Math.max(kept.version, version);
    return true;
  }

  async releaseEnvironmentTotals(environmentId: string, version: number): Promise<void> {
    const kept = this.#shards.environmentTotals.get(environmentId);
    if (kept && kept.version < version) Object.assign(kept, { version, isCapped: false });
  }

  async *scanRecords(): AsyncIterable<readonly HeldRecord[]> {
    const { keys, clients, tenants, serverKeys } = this.#shards;
    yield [...keys].map(([key, record]) => ({ kind: 'key', ...partsOf(key), record }));
    yield [...tenants].map(([key, record]) => ({ kind: 'tenant', ...partsOf(key), record }));
    yield [...clients].map(([key, record]) => ({ kind: 'client', ...partsOf(key), record }));
    yield [...serverKeys].map(([digest, record]) => ({ kind: 'server-key', digest, record }));
  }

  async ready(): Promise<boolean> {
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

function raise(versions: Map<string, number>, id: string, version: number): boolean {
  if (version <= (versions.get(id) ?? -1)) return false;
  versions.set(id, version);
  return true;
}

function contains({ startMs, endMs }: Window, nowMs: number): boolean {
  return nowMs >= startMs && nowMs < endMs;
}

/** Of a map's key, as the writers above spell it. */
function partsOf(key: string): { environmentId: string; digest: string } {
  const [environmentId = '', digest = ''] = key.split(':');
  return { environmentId, digest };
}
