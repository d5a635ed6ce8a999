import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { occasionalWarning } from '@keyward/kit/occasional-log';
import { pause } from '@keyward/kit/pause';
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
  const stopping = new AbortController();
  const warn = occasionalWarning({ logger, clock, message: 'dead lists could not be emptied; trying again' });

  async function keepCollecting(): Promise<void> {
    while (!stopping.signal.aborted) {
      await collectBuried({ db, accounts }).catch(warn);
      await pause(everyMs, stopping.signal);
    }
  }

  const working = keepCollecting();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await working;
    },
  };
}

/** Answers how many entries it moved. */
export async function collectBuried({ db, accounts }: Pick<CollectingOptions, 'db' | 'accounts'>): Promise<number> {
  const entries = await accounts.listBuried(entriesPerShard);
  await keepBuried(db, entries);
  await accounts.dropBuried(entries);
  return entries.length;
}
