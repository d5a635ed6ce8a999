import { isStoreName, type StoreName, storeNames } from './store-name.ts';

/**
 * The stores that must be there, from `REQUIRE_STORES=redis,postgres`.
 * @throws Error that names the entries which are no store.
 */
export function requiredStores(env: NodeJS.ProcessEnv = process.env): StoreName[] {
  const entries = (env.REQUIRE_STORES ?? '').split(',').map((entry) => entry.trim());
  const names = entries.filter((entry) => entry !== '');
  const unknown = names.filter((name) => !isStoreName(name));
  if (unknown.length > 0) {
    throw new Error(`REQUIRE_STORES names no such store: ${unknown.join(', ')}. Known: ${storeNames.join(', ')}.`);
  }
  return names.filter(isStoreName);
}
