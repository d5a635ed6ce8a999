import type { Conservation } from '@keyward/contract/routes/conservation';
import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { pause } from '@keyward/kit/pause';
import { repeatUntilStopped } from '@keyward/kit/repeat-until-stopped';
import type { ServiceContext } from '@keyward/kit/service';
import { showGauge } from '@keyward/kit/show-gauge';
import type { OutboxAccounts } from '@keyward/stores/ports/outbox-accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { readConservation } from './conservation.ts';

type Registry = ServiceContext<unknown>['metrics'];

/** Is every decision counted once, as it was found last? */
export class ConservationFindings {
  readonly #clock: Clock;
  #balance: Conservation | undefined;
  #settledMs: number | undefined;

  constructor(metrics: Registry, clock: Clock) {
    this.#clock = clock;
    for (const [name, help, of] of balanceFigures)
      showGauge(metrics, { name, help, read: () => this.#balance && of(this.#balance) });
    showGauge(metrics, {
      name: 'keyward_conservation_age_seconds',
      help: 'How long ago that check was. One whose counting did not catch up with the log within seconds could not tell.',
      read: () => this.#settledMs && (this.#clock.monotonicMs() - this.#settledMs) / 1_000,
    });
  }

  found(balance: Conservation): void {
    if (!balance.settled) return;
    this.#balance = balance;
    this.#settledMs = this.#clock.monotonicMs();
  }
}

const balanceFigures: [name: string, help: string, of: (balance: Conservation) => number][] = [
  [
    'keyward_conservation_missing_entries',
    'Entries that left an outbox, and were neither counted nor kept as dead, at the last check that could tell.',
    (balance) => balance.missing,
  ],
  [
    'keyward_conservation_surplus_entries',
    'Entries that were counted beyond what the outboxes took in, at that check.',
    (balance) => balance.surplus,
  ],
  [
    'keyward_conservation_lost_outboxes',
    'Outboxes that went with their Redis: nothing is known of what they held and had not passed on.',
    (balance) => balance.lost.outboxes,
  ],
];

interface WatchOptions {
  db: Database;
  accounts: OutboxAccounts;
  findings: ConservationFindings;
  clock: Clock;
  logger: Logger;
}

const pollMs = 250;
const everyMs = 60_000;
const afterFailureMs = 15_000;

/** Checks each minute. */
export function watchConservation({ db, accounts, findings, clock, logger }: WatchOptions): AsyncDisposable {
  return repeatUntilStopped({
    round: async (signal) => {
      const wait = async () => {
        await pause(pollMs, signal);
        signal.throwIfAborted();
      };
      findings.found(await readConservation({ db, accounts, clock, pause: wait }));
      return everyMs;
    },
    afterFailureMs,
    clock,
    logger,
    message: 'whether every decision is counted could not be checked; trying again',
  });
}
