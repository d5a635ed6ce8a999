import type { EnvironmentRecord, KeyRecord, ServerKeyRecord } from '@keyward/contract/projection';

/**
 * Where the admin-api puts what validators decide by. A write takes effect only over an older version, so writers may
 * race and repeat. Write records first and versions last: a version says that everything up to it is there.
 */
export interface ProjectionStore extends AsyncDisposable {
  putKeys(environmentId: string, keys: readonly { digest: string; record: KeyRecord }[]): Promise<void>;
  putServerKeys(keys: readonly { digest: string; record: ServerKeyRecord }[]): Promise<void>;
  putEnvironment(record: EnvironmentRecord): Promise<void>;
  putClientVersion(clientId: string, version: number): Promise<void>;
  /** In every shard; there it also says that the environment's projection is complete. */
  putEnvironmentVersion(environmentId: string, version: number): Promise<void>;
  /** Marks every shard as holding the projection of all environments. */
  putMarks(): Promise<void>;
  /** Does every shard hold that mark? */
  isComplete(): Promise<boolean>;
  ready(): Promise<boolean>;
}
