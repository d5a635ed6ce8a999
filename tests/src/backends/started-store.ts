import type { StoreName } from './store-name.ts';

/** Where a store came from: named by a variable, a container of ours, or a process of ours. */
export type StoreOrigin = 'environment' | 'docker' | 'native';

/** A store that answers. `stop` is idempotent and leaves alone what the environment named. */
export interface StartedStore {
  url: string;
  origin: StoreOrigin;
  /** Why a source that is preferred to this one was passed over. */
  note?: string;
  stop(): Promise<void>;
}

/** What the tests are told of a store; it travels to vitest's workers, so it is plain data. */
export type StoreState =
  | { state: 'running'; url: string; origin: StoreOrigin; startedInMs: number; note?: string }
  | { state: 'missing'; reason: string }
  | { state: 'not-needed' };

export type StoreStates = Record<StoreName, StoreState>;
