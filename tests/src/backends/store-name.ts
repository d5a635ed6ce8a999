/** The real stores that tests run on, by the names that `REQUIRE_STORES` and the closing lines use. */
export const storeNames = ['redis', 'redis-cluster', 'postgres', 'kafka'] as const;

export type StoreName = (typeof storeNames)[number];

export const isStoreName = (name: string): name is StoreName => storeNames.some((known) => known === name);
