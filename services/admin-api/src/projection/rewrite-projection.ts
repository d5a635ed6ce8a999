import type { Clock } from '@keyward/kit/clock';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import type { Database } from '@keyward/stores/postgres/database';
import { listAllEnvironmentIds, raiseClientVersionsAfter } from '@keyward/stores/postgres/projection-source';
import { raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import { listTenantsAfter, raiseTenantVersions } from '@keyward/stores/postgres/tenants';
import { keepEnded } from './keep-ended.ts';
import type { Projector } from './projector.ts';
import { retireUnknownRecords } from './retire-unknown-records.ts';

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
 * what looks as new or newer, and records that Postgres does not know are retired; but what has ended by a newer record ends in
 * Postgres as well. It may run beside the services.
 */
export async function rewriteProjection({ db, store, projector, clock, report }: Rewriting): Promise<void> {
  await store.timeMs(); // a Redis that is away is told before anything changes
  report('Looking for what the shards know to have ended, and Postgres does not.');
  await keepEnded({ db, store, clock, report });
  await raiseAllVersions(db, clock);
  let nextMs = clock.monotonicMs();
  await projector.rebuild(({ environments, ofEnvironments, clients }) => {
    if (clock.monotonicMs() < nextMs && environments < ofEnvironments) return;
    nextMs = clock.monotonicMs() + reportEveryMs;
    report(`Written: ${clients} clients, ${environments} of ${ofEnvironments} environments.`);
  });
  report('Looking for records that Postgres does not know.');
  const retired = await retireUnknownRecords({ db, store, projector, clock });
  report(`Retired: ${retired} records that Postgres does not know.`);
}

async function raiseAllVersions(db: Database, clock: Clock): Promise<void> {
  const now = () => new Date(clock.nowMs());
  for (let after: string | undefined = nilId; after !== undefined; ) {
    after = await raiseClientVersionsAfter(db, { after, limit: pageSize, now: now() });
  }
  for (const environmentId of await listAllEnvironmentIds(db)) {
    for (let after: Buffer | undefined = Buffer.alloc(0); after !== undefined; ) {
      const digests: Buffer[] = await listTenantsAfter(db, environmentId, after, pageSize);
      await raiseTenantVersions(db, environmentId, { digests, now: now() });
      after = digests.at(-1);
    }
    await raiseEnvironmentVersion(db, environmentId, now());
  }
}
