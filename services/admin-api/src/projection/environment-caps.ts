import type { EnvironmentRecord } from '@keyward/contract/projection';
import { windowAt } from '@keyward/decision/calendar';
import { hasLimits, type SubjectTotals } from '@keyward/decision/limits';
import { totalsFromSpent } from '@keyward/decision/totals-from-spent';
import { newId } from '@keyward/kit/random';
import type { EnvironmentSeed } from '@keyward/stores/ports/lost-totals';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import type { Database } from '@keyward/stores/postgres/database';
import { readEnvironmentSpending } from '@keyward/stores/postgres/spending';

/** What is needed of an environment's record. */
type Capped = Pick<EnvironmentRecord, 'environmentId' | 'version' | 'settings'>;

export function hasCaps(environment: Capped): boolean {
  return hasLimits(environment.settings.rateLimits);
}

/**
 * Sees to it that an environment with caps has its counter before validators learn of the caps. One that was lost is left to
 * the re-seeding, which knows when everything is counted.
 */
export async function keepCapsCounter(
  { db, store }: { db: Database; store: ProjectionStore },
  environment: Capped,
): Promise<void> {
  if (await store.claimEnvironmentTotals(environment.environmentId, environment.version)) return;
  const seed = await capsSeed(db, environment, await store.timeMs());
  if ((await store.seedEnvironmentTotals(seed)) === 'outdated')
    throw new Error('the environment has changed, or the hour has turned, while the counter of its caps was made');
}

/** The counter of an environment's caps, by what its clients spent so far; none without caps. */
export async function capsSeed(db: Database, environment: Capped, nowMs: number): Promise<EnvironmentSeed> {
  const { environmentId, version } = environment;
  const spent = hasCaps(environment) ? await readEnvironmentSpending(db, environmentId, nowMs) : undefined;
  return {
    environmentId,
    version,
    generation: newId(),
    totals: spent && totalsFromSpent('environment', spent, nowMs),
    hour: windowAt('hour', nowMs),
  };
}

/**
 * The totals of a counter that was lost: budgets that the shards had been granted by then count as used. So the environment
 * admits never too much, and too little by at most a hundredth of its smallest cap.
 */
export function withGrantsUsed(totals: SubjectTotals, environment: Capped): SubjectTotals {
  return { ...totals, total: totals.total + Math.floor(Math.min(...capsOf(environment)) / 100) };
}

function capsOf({ settings }: Capped): number[] {
  return Object.values(settings.rateLimits).filter((cap) => cap !== undefined);
}
