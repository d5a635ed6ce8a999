import { startKafkaBroker } from './kafka-broker.ts';
import { messageOf } from './message-of.ts';
import { startPostgresServer } from './postgres-server.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { startRedisServer } from './redis-server.ts';
import type { StartedStore, StoreState, StoreStates } from './started-store.ts';
import { type StoreName, storeNames } from './store-name.ts';

const starters: Record<StoreName, () => Promise<StartedStore>> = {
  redis: startRedisServer,
  'redis-cluster': startRedisCluster,
  postgres: startPostgresServer,
  kafka: startKafkaBroker,
};

export interface RunningStores {
  states: StoreStates;
  stop(): Promise<void>;
}

/** Starts the wanted stores at the same time. One that cannot be had is a state with its reason, not an exception. */
export async function startStores(wanted: ReadonlySet<StoreName>): Promise<RunningStores> {
  const stops: (() => Promise<void>)[] = [];
  const startOne = async (name: StoreName): Promise<StoreState> => {
    if (!wanted.has(name)) return { state: 'not-needed' };
    const startedAt = performance.now();
    try {
      const store = await starters[name]();
      stops.push(() => store.stop());
      const startedInMs = Math.round(performance.now() - startedAt);
      const { url, origin, note } = store;
      return { state: 'running', url, origin, startedInMs, ...(note === undefined ? {} : { note }) };
    } catch (error) {
      return { state: 'missing', reason: messageOf(error) };
    }
  };
  const [redis, redisCluster, postgres, kafka] = await Promise.all([
    startOne('redis'),
    startOne('redis-cluster'),
    startOne('postgres'),
    startOne('kafka'),
  ]);
  return {
    states: { redis, 'redis-cluster': redisCluster, postgres, kafka },
    stop: async () => void (await Promise.all(stops.splice(0).map((stop) => stop()))),
  };
}

/** A sentence per store that is required and missing. */
export const missingRequired = (states: StoreStates, required: readonly StoreName[]): string[] =>
  storeNames.flatMap((name) => {
    const store = states[name];
    if (store.state !== 'missing' || !required.includes(name)) return [];
    return [`The store "${name}" is required (REQUIRE_STORES) and could not be started: ${store.reason}`];
  });
