import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import type { OutboxAccounts } from '@keyward/stores/ports/outbox-accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { keepBuried } from '@keyward/stores/postgres/dead-events';

interface CollectingOptions {
  db: Database;
  accounts: Pick<OutboxAccounts, 'listBuried' | 'dropBuried'>;
  clock: Clock;
  logger: Logger;
}

const everyMs = 3_000;
const entriesPerShard = 100;

/**
 * Moves what the event log refused from the dead lists in the shards to Postgres, where it can be looked at and replayed.
 * Replicas may do so at the same time, and each step may be repeated: a row is written once, and only then the entry goes.
 */
export function startCollectingBuried({ db, accounts, clock, logger }: CollectingOptions): AsyncDisposable {
  return repeatUntilStopped({
    round: async () => {
      await collectBuried({ db, accounts });
      return everyMs;
    },
    afterFailureMs: everyMs,
    clock,
    logger,
    message: 'dead lists could not be emptied; trying again',
  });
}

/** Answers how many entries it moved. */
export async function collectBuried({ db, accounts }: Pick<CollectingOptions, 'db' | 'accounts'>): Promise<number> {
  const entries = await accounts.listBuried(entriesPerShard);
  await keepBuried(db, entries);
  await accounts.dropBuried(entries);
  return entries.length;
}
