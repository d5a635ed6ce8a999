import { inject } from 'vitest';
// Types `inject('stores')`.
import type {} from './global-setup.ts';
import type { StoreState } from './started-store.ts';
import type { StoreName } from './store-name.ts';

/** What became of a store in this run: where it answers, or why there is none. */
export const storeState = (name: StoreName): StoreState => inject('stores')[name];

/** The URL of a store that runs; only to be asked under a suite which is skipped when it does not. */
export function runningStoreUrl(name: StoreName): string {
  const store = storeState(name);
  if (store.state === 'running') return store.url;
  if (store.state === 'missing') throw new Error(`the store "${name}" is missing: ${store.reason}`);
  throw new Error(`the store "${name}" was not started, because needed-stores.ts did not see that this file needs it`);
}

/** The reason why a suite on these stores cannot run, or undefined. */
export const reasonToSkip = (stores: readonly StoreName[]): string | undefined =>
  stores.flatMap((name) => {
    const store = storeState(name);
    return store.state === 'missing' ? [`${name} is missing`] : [];
  })[0];
