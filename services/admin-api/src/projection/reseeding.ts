import { hash } from 'node:crypto';
import { windowAt } from '@keyward/decision/calendar';
import { totalsFromSpent } from '@keyward/decision/totals-from-spent';
import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import type { LostTotals, SeedOutcome } from '@keyward/stores/ports/lost-totals';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { askForCatchUp } from '@keyward/stores/postgres/catch-up';
import type { Database } from '@keyward/stores/postgres/database';
import { readUsesBefore } from '@keyward/stores/postgres/key-uses';
import { readEnvironmentProjection } from '@keyward/stores/postgres/projection-source';
import { clientsWithShortLimits, readClientSpending } from '@keyward/stores/postgres/spending';
import { capsSeed, withGrantsUsed } from './environment-caps.ts';

interface ReseedingOptions {
  db: Database;
  store: ProjectionStore;
  clock: Clock;
  logger: Logger;
  /** Projects an environment as Postgres has it now. */
  project(environmentId: string): Promise<void>;
}

const clientsPerShard = 16;
const minuteMs = 60_000;

/**
 * Gives back the totals that went with a lost shard (design.md §5): from what Postgres counted, once ingest has counted all
 * that the log held after the loss. What waits is known by the shards, so any process may go on with it, several at once too.
 */
export class Reseeding {
  readonly #options: ReseedingOptions;

  constructor(options: ReseedingOptions) {
    this.#options = options;
  }

  /** Seeds what can be seeded now; `waiting`: there is more, which needs a little time. */
  async run(): Promise<'done' | 'waiting'> {
    const outcomes: SeedOutcome[] = [];
    try {
      return await this.#run(outcomes);
    } finally {
      const seeded = outcomes.filter((outcome) => outcome === 'seeded').length;
      if (seeded > 0) this.#options.logger.info({ seeded }, 'totals that were lost with their shards were given back');
    }
  }

  async #run(outcomes: SeedOutcome[]): Promise<'done' | 'waiting'> {
    const { db, store, clock } = this.#options;
    while (!outcomes.includes('outdated')) {
      const lost = await store.readLostTotals(clientsPerShard);
      if (lost.clients.length + lost.environmentIds.length === 0) return 'done';
      // Asked by what the shards hold now: if one is lost again, what the log held before does not answer for it.
      const id = hash('sha256', lost.incarnations.join(), 'base64url');
      if (!(await askForCatchUp(db, id, new Date(clock.nowMs())))) break;
      const settled = [...(await this.#seedClients(lost)), ...(await this.#seedEnvironments(lost))];
      outcomes.push(...settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])));
      // One that fails goes on waiting, and is told of only now: it holds up no other.
      const failed = settled.find((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
    }
    return 'waiting';
  }

  async #seedClients({ clients, incarnations, nowMs }: LostTotals): Promise<PromiseSettledResult<SeedOutcome>[]> {
    const { db, store } = this.#options;
    const clientIds = clients.map(({ clientId }) => clientId);
    const spending = await readClientSpending(db, clientIds, nowMs);
    const uses = await readUsesBefore(db, clients);
    const short = await clientsWithShortLimits(db, clientIds);
    const seeds = clients.map(({ clientId, lostAtMs }) => {
      const { client = {}, families = new Map() } = spending.get(clientId) ?? {};
      const ofKeys = [...families].map(([id, spent]) => [id, totalsFromSpent('key', spent, nowMs)] as const);
      return store.seedClientTotals({
        clientId,
        incarnations,
        totals: totalsFromSpent('client', client, nowMs),
        families: new Map(ofKeys),
        uses: uses.get(clientId) ?? new Map(),
        hour: windowAt('hour', nowMs),
        // What was used in the minute of the loss cannot be had from sums by the hour, so that minute has to end.
        notBeforeMs: short.has(clientId) ? Math.ceil(lostAtMs / minuteMs) * minuteMs : 0,
      });
    });
    return Promise.allSettled(seeds);
  }

  async #seedEnvironments(lost: LostTotals): Promise<PromiseSettledResult<SeedOutcome>[]> {
    const settled: PromiseSettledResult<SeedOutcome>[] = [];
    for (const id of lost.environmentIds)
      settled.push(...(await Promise.allSettled([this.#seedEnvironment(id, lost)])));
    return settled;
  }

  async #seedEnvironment(environmentId: string, { incarnations, nowMs }: LostTotals): Promise<SeedOutcome> {
    const { db, store, project } = this.#options;
    const environment = (await readEnvironmentProjection(db, environmentId))?.environment;
    const seed = environment ? await capsSeed(db, environment, nowMs) : { ...goneSeed, environmentId };
    const totals = environment && seed.totals && withGrantsUsed(seed.totals, environment);
    const outcome = await store.seedEnvironmentTotals({ ...seed, totals, incarnations });
    // Caps that were set meanwhile saw that the counter was being waited for, and left it alone.
    await project(environmentId);
    return outcome;
  }
}

/** For an environment that Postgres does not have any more: it has no caps, at whatever hour and version. */
const goneSeed = {
  version: Number.MAX_SAFE_INTEGER,
  generation: '',
  totals: undefined,
  hour: { startMs: 0, endMs: Number.MAX_SAFE_INTEGER },
};
