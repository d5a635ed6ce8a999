import { afterAll, describe } from 'vitest';
import { backendMark } from './backend-mark.ts';
import { freshKafkaUrl, freshMemoryUrl, freshPgliteUrl, freshPostgresUrl, freshRedisUrl } from './isolate.ts';
import type { StoreName } from './store-name.ts';
import { reasonToSkip, runningStoreUrl } from './store-state.ts';

/** One row of a table of backends. */
export interface Backend<Name extends string, Urls = string> {
  name: Name;
  /** URLs of empty stores, others at every call; what they hold is dropped after the suite's last test. */
  url(): Promise<Urls>;
}

export type RedisBackend = Backend<'memory' | 'redis' | 'redis-cluster'>;
export type KafkaBackend = Backend<'memory' | 'kafka'>;
export type PostgresBackend = Backend<'pglite' | 'postgres'>;

/** The URLs that a whole Keyward runs on. */
export interface StackUrls {
  redis: string;
  postgres: string;
  kafka: string;
}
/** What services share that run as processes of their own, whose events stay with them. */
export type NodeUrls = Pick<StackUrls, 'redis' | 'postgres'>;
export type NodeStores = Backend<'redis' | 'redis-cluster', NodeUrls>;
export type Stack = Backend<'embedded' | 'real' | 'real-cluster', StackUrls>;

/** Runs `suite` once per adapter of the Redis port. A backend whose store is missing is reported as skipped. */
export function describeRedisBackends(title: string, suite: (backend: RedisBackend) => void): void {
  describeBackend(title, { name: 'memory', stores: [], fresh: freshMemory }, suite);
  describeBackend(title, { name: 'redis', stores: ['redis'], fresh: freshRedis('redis') }, suite);
  describeBackend(
    title,
    { name: 'redis-cluster', stores: ['redis-cluster'], fresh: freshRedis('redis-cluster') },
    suite,
  );
}

/** Runs `suite` once per adapter of the event port. */
export function describeKafkaBackends(title: string, suite: (backend: KafkaBackend) => void): void {
  describeBackend(title, { name: 'memory', stores: [], fresh: freshMemory }, suite);
  describeBackend(title, { name: 'kafka', stores: ['kafka'], fresh: freshKafka }, suite);
}

/** Runs `suite` once per adapter of the relational port. */
export function describePostgresBackends(title: string, suite: (backend: PostgresBackend) => void): void {
  describeBackend(title, { name: 'pglite', stores: [], fresh: freshPglite }, suite);
  describeBackend(title, { name: 'postgres', stores: ['postgres'], fresh: freshPostgres }, suite);
}

/** Runs `suite` on a real Postgres alone: what takes so many rows that an embedded one would be at it for long. */
export function describePostgres(title: string, suite: (backend: PostgresBackend) => void): void {
  describeBackend(title, { name: 'postgres', stores: ['postgres'], fresh: freshPostgres }, suite);
}

/** Runs `suite` once per set of stores that Keyward is deployed on: none at all, the three, and the three with a cluster. */
export function describeStacks(title: string, suite: (stack: Stack) => void): void {
  describeRealStack(title, suite);
  describeOtherStacks(title, suite);
}

/** On the three stores alone: for what no store has a part in, so that it is the same on every stack. */
export function describeRealStack(title: string, suite: (stack: Stack) => void): void {
  describeBackend(title, realStack('real', 'redis'), suite);
}

/** For what a suite on the real stack looks at more closely. */
export function describeOtherStacks(title: string, suite: (stack: Stack) => void): void {
  describeBackend(title, { name: 'embedded', stores: [], fresh: freshEmbeddedStack }, suite);
  describeBackend(title, realStack('real-cluster', 'redis-cluster'), suite);
}

function realStack<Name extends Stack['name']>(
  name: Name,
  redis: 'redis' | 'redis-cluster',
): BackendRow<Name, StackUrls> {
  return { name, stores: [redis, 'postgres', 'kafka'], fresh: freshRealStack(redis) };
}

/** Runs `suite` once per kind of Redis, with a Postgres, for services in OS processes: embedded stores cannot be shared. */
export function describeNodes(title: string, suite: (stores: NodeStores) => void): void {
  for (const redis of ['redis', 'redis-cluster'] as const) {
    describeBackend(title, { name: redis, stores: [redis, 'postgres'], fresh: freshNodeStores(redis) }, suite);
  }
}

type Cleanup = () => Promise<void>;
/** Makes fresh URLs, and puts what must be undone after the suite on the list. */
type Fresh<Urls> = (cleanups: Cleanup[]) => Promise<Urls>;

interface BackendRow<Name extends string, Urls> {
  name: Name;
  stores: readonly StoreName[];
  fresh: Fresh<Urls>;
}

function describeBackend<Name extends string, Urls>(
  title: string,
  { name, stores, fresh }: BackendRow<Name, Urls>,
  suite: (backend: Backend<Name, Urls>) => void,
): void {
  const skipped = reasonToSkip(stores);
  describe.skipIf(skipped)(backendMark(skipped ? `${title} (skipped: ${skipped})` : title, name), () => {
    const cleanups: Cleanup[] = [];
    // Registered before the suite's own hooks, so it runs after them, when their connections are closed.
    afterAll(async () => {
      for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    });
    suite({ name, url: () => fresh(cleanups) });
  });
}

const freshMemory = async () => freshMemoryUrl();
const freshPglite = async () => freshPgliteUrl();
const freshKafka = async () => freshKafkaUrl(runningStoreUrl('kafka'));
const freshRedis = (store: 'redis' | 'redis-cluster') => async () => freshRedisUrl(runningStoreUrl(store));

async function freshPostgres(cleanups: Cleanup[]): Promise<string> {
  const { url, drop } = await freshPostgresUrl(runningStoreUrl('postgres'));
  cleanups.push(drop);
  return url;
}

const freshEmbeddedStack = async (): Promise<StackUrls> => ({
  redis: freshMemoryUrl(),
  postgres: freshPgliteUrl(),
  kafka: freshMemoryUrl(),
});

const freshNodeStores =
  (redis: 'redis' | 'redis-cluster') =>
  async (cleanups: Cleanup[]): Promise<NodeUrls> => ({
    redis: await freshRedis(redis)(),
    postgres: await freshPostgres(cleanups),
  });

const freshRealStack =
  (redis: 'redis' | 'redis-cluster') =>
  async (cleanups: Cleanup[]): Promise<StackUrls> => ({
    ...(await freshNodeStores(redis)(cleanups)),
    kafka: await freshKafka(),
  });
