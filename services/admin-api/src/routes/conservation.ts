import { setTimeout as sleep } from 'node:timers/promises';
import { readConservation } from '@keyward/contract/routes/conservation';
import { AppError } from '@keyward/kit/app-error';
import type { App } from '@keyward/kit/http-app';
import type { OutboxAccounts } from '@keyward/stores/ports/outbox-accounts';
import { StoreAway } from '@keyward/stores/store-away';
import { asOperator } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { readConservation as read } from '../reports/conservation.ts';

const pollMs = 50;

/** Is every decision counted once? For the operator (wire.md §7). */
export function conservationRoutes(app: App, administration: Administration, accounts: OutboxAccounts): void {
  const { db, clock } = administration;
  app.route({
    ...readConservation,
    handler: async (request) => {
      await asOperator(administration, request, readConservation);
      return read({ db, accounts, clock, pause: () => sleep(pollMs) }).catch(asUnavailable);
    },
  });
}

/** An outbox that cannot be asked is no proof of anything. */
function asUnavailable(error: unknown): never {
  if (!(error instanceof StoreAway)) throw error;
  throw new AppError('UNAVAILABLE', 'A store that this service needs is away; try again.', {
    cause: error,
    retryAfterSeconds: 1,
  });
}
