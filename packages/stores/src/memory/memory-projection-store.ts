import type { EnvironmentRecord, KeyRecord, ServerKeyRecord } from '@keyward/contract/projection';
import type { Incarnations, ProjectionStore } from '../ports/projection-store.ts';
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
    raise(environmentVersions, environmentId, version);
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

  async ready(): Promise<boolean> {
    return true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

function raise(versions: Map<string, number>, id: string, version: number): void {
  if (version > (versions.get(id) ?? -1)) versions.set(id, version);
}
