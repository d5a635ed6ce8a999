import type { Clock } from '@keyward/kit/clock';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import type { Database } from '@keyward/stores/postgres/database';
import { listAllEnvironmentIds, raiseClientVersionsAfter } from '@keyward/stores/postgres/projection-source';
import { raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import type { Projector } from './projector.ts';
import { retireUnknownKeys } from './retire-unknown-keys.ts';

interface Rewriting {
  db: Database;
  store: ProjectionStore;
  projector: Projector;
  clock: Clock;
  /** Told now and then, in a sentence. */
  report(line: string): void;
}

const nilId = '00000000-0000-0000-0000-000000000000';
const pageSize = 500;
const reportEveryMs = 1_000;

/**
 * Makes the shards hold what Postgres holds, whatever they hold now: everything gets a new version, so that it is written over
 * what looks as new or newer, and keys that Postgres does not know are retired. It may run beside the services.
 */
export async function rewriteProjection({ db, store, projector, clock, report }: Rewriting): Promise<void> {
  await store.timeMs(); // a Redis that is away is told before anything changes
  for (let after: string | undefined = nilId; after !== undefined; ) {
    after = await raiseClientVersionsAfter(db, { after, limit: pageSize, now: new Date(clock.nowMs()) });
  }
  for (const id of await listAllEnvironmentIds(db)) await raiseEnvironmentVersion(db, id, new Date(clock.nowMs()));
  let nextMs = clock.monotonicMs();
  await projector.rebuild(({ environments, ofEnvironments, clients }) => {
    if (clock.monotonicMs() < nextMs && environments < ofEnvironments) return;
    nextMs = clock.monotonicMs() + reportEveryMs;
    report(`Written: ${clients} clients, ${environments} of ${ofEnvironments} environments.`);
  });
  report('Looking for keys that Postgres does not know.');
  const retired = await retireUnknownKeys({ db, store, projector, clock });
  report(`Retired: ${retired} keys that Postgres does not know.`);
}
