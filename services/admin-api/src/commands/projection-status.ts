import { systemClock } from '@keyward/kit/clock';
import { loadConfig } from '@keyward/kit/config';
import { pause } from '@keyward/kit/pause';
import type { ProjectionStore } from '@keyward/stores/ports/projection-store';
import { type Database, openDatabase } from '@keyward/stores/postgres/database';
import { listConfigChanges } from '@keyward/stores/postgres/projection-source';
import Type from 'typebox';
import { AdminApiConfig } from '../config.ts';
import { BadFinding, type Command, textOf, UsageError } from './command.ts';
import { openStore } from './projection-rebuild.ts';

const needed = Type.Pick(AdminApiConfig, ['DATABASE_URL', 'REDIS_URL']);
const lookEveryMs = 500;
const enough = 100_000;

interface Status {
  /** Does every shard hold all records? Until then validations are answered by the failure policy. */
  complete: boolean;
  /** Are there changes that validators have not heard of? */
  changesWaiting: boolean;
  /** Whose totals went with a shard, and are not given back yet: with limits they are refused until then. */
  clientsWithoutTotals: number;
  environmentsWithoutTotals: number;
}

/** Changes nothing: admin-api does all of it by itself. */
export const projectionStatus: Command = {
  name: 'projection status',
  summary: 'tells whether validators have all that they decide by, as after Redis was lost, and may wait for it',
  options: [{ flags: '--wait <seconds>', description: 'look again until it is so, for at most so long' }],
  async run(context) {
    const waitMs = secondsOf(textOf(context, 'wait')) * 1_000;
    const config = loadConfig(needed, context.environment);
    await using store = await openStore(config);
    await using database = await openDatabase(config.DATABASE_URL);
    const untilMs = systemClock.monotonicMs() + waitMs;
    let status = await look(store, database.db);
    while (!isGood(status) && systemClock.monotonicMs() < untilMs) {
      await pause(lookEveryMs);
      status = await look(store, database.db);
    }
    context.report(`Shards: ${status.complete ? 'complete' : 'NOT complete; a running admin-api writes them'}.`);
    context.report(`Changes: ${status.changesWaiting ? 'some WAIT to reach the shards' : 'all are there'}.`);
    const { clientsWithoutTotals, environmentsWithoutTotals } = status;
    context.report(
      `Totals to be given back: of ${clientsWithoutTotals} clients, ${environmentsWithoutTotals} environments.`,
    );
    if (!isGood(status)) throw new BadFinding('Validators do not have all that they decide by.', status);
    return status;
  },
};

async function look(store: ProjectionStore, db: Database): Promise<Status> {
  const { clients, environmentIds } = await store.readLostTotals(enough);
  const before = new Date(systemClock.nowMs());
  const { notes } = await listConfigChanges(db, { after: first, before, limit: 1 });
  return {
    complete: await store.isComplete(),
    changesWaiting: notes.length > 0,
    clientsWithoutTotals: clients.length,
    environmentsWithoutTotals: environmentIds.length,
  };
}

const first = { created_at: new Date(0), id: '00000000-0000-0000-0000-000000000000' };

const isGood = ({ complete, changesWaiting, clientsWithoutTotals, environmentsWithoutTotals }: Status) =>
  complete && !changesWaiting && clientsWithoutTotals + environmentsWithoutTotals === 0;

function secondsOf(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,5}$/.test(text)) throw new UsageError('--wait is a number of seconds');
  return Number(text);
}
