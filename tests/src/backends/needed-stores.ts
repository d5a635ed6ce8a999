import { readFileSync } from 'node:fs';
import { type StoreName, storeNames } from './store-name.ts';

/** The stores that a test file runs on, told by the helper it names. */
const byHelper: Record<string, readonly StoreName[]> = {
  describeRedisBackends: ['redis', 'redis-cluster'],
  describeKafkaBackends: ['kafka'],
  describePostgresBackends: ['postgres'],
  describeNodes: ['redis', 'redis-cluster', 'postgres'],
  describeStacks: storeNames,
  describeRealStack: ['redis', 'postgres', 'kafka'],
  describeOtherStacks: ['redis-cluster', 'postgres', 'kafka'],
  // In the test's own process.
  freshPgliteUrl: [],
  // Servers of the test's own.
  startNative: [],
  startSecure: [],
  runServices: [],
  startPipeline: [],
};

/**
 * The stores that these test files need. A file that gets at the stores in a way unknown here gets all of them: to
 * start one too many costs seconds, one too few would fail its tests.
 */
export function neededStores(testFiles: readonly string[]): Set<StoreName> {
  return new Set(testFiles.flatMap((file) => storesOf(readFileSync(file, 'utf8'))));
}

function storesOf(source: string): readonly StoreName[] {
  const named = Object.entries(byHelper).filter(([helper]) => source.includes(helper));
  const reachesPast = /\bstoreState\b|\binject\(/.test(source);
  return named.length === 0 || reachesPast ? storeNames : named.flatMap(([, stores]) => stores);
}
