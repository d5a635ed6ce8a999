import type { Conservation } from '@keyward/contract/routes/conservation';
import type { Clock } from '@keyward/kit/clock';
import { newId } from '@keyward/kit/random';
import type { OutboxAccount, OutboxAccounts } from '@keyward/stores/ports/outbox-accounts';
import { askForCatchUp } from '@keyward/stores/postgres/catch-up';
import type { Database } from '@keyward/stores/postgres/database';
import { countDeadLetters } from '@keyward/stores/postgres/dead-letters';
import { readOutboxCounts } from '@keyward/stores/postgres/read-outbox-counts';
import { balanceShard, type OutboxCounted, sumUp } from './shard-balance.ts';

interface Reading {
  db: Database;
  accounts: OutboxAccounts;
  clock: Clock;
  /** Waits a little; the next look at the catch-up is after it. */
  pause(): Promise<void>;
}

/** Less than the gateway waits for an answer. */
const waitMs = 7_000;

/**
 * Holds what the outboxes took in against what was counted (design.md I4), and is exact under load by the order in which it reads:
 * what had left an outbox at the first look is in the event log, so it is counted once ingest has caught up with the log as it was
 * then; and what is counted by that time had been taken in when the outboxes are looked at again.
 */
export async function readConservation({ db, accounts, clock, pause }: Reading): Promise<Conservation> {
  const before = await accounts.read();
  const settled = await isCaughtUp({ db, clock, pause });
  const rows = await readOutboxCounts(db);
  const dead = await countDeadLetters(db);
  const after = new Map((await accounts.read()).map((account) => [nameOf(account), account]));
  const counts = new Map<string, OutboxCounted>(rows.map((row) => [nameOf(row), row]));
  const shards = before.map((account) =>
    balanceShard({ before: account, after: after.get(nameOf(account)), count: counts.get(nameOf(account)) }),
  );
  const now = new Set([...before.map(nameOf), ...after.keys()]);
  const lost = rows.filter((row) => !now.has(nameOf(row)));
  const { counted, buriedByIngest, missing, surplus, ...outbox } = sumUp(shards);
  return {
    balanced: settled && missing === 0 && surplus === 0,
    settled,
    outbox,
    counted,
    buriedByIngest,
    dead,
    missing,
    surplus,
    unbalanced: shards.filter((each) => each.missing + each.surplus > 0),
    lost: { outboxes: lost.length, counted: lost.reduce((sum, row) => sum + row.counted, 0) },
  };
}

async function isCaughtUp({ db, clock, pause }: Omit<Reading, 'accounts'>): Promise<boolean> {
  const id = newId();
  const untilMs = clock.monotonicMs() + waitMs;
  while (!(await askForCatchUp(db, id, new Date(clock.nowMs())))) {
    if (clock.monotonicMs() >= untilMs) return false;
    await pause();
  }
  return true;
}

function nameOf({ shard, incarnation }: Pick<OutboxAccount, 'shard' | 'incarnation'>): string {
  return `${shard} ${incarnation}`;
}
