import { createAccountKey, deleteAccountKey, listAccountKeys } from '@keyward/contract/routes/account-key';
import type { App } from '@keyward/kit/http-app';
import { asPerson } from '../access/admit.ts';
import { createAccountKey as create, readAccountKeys, deleteAccountKey as remove } from '../accounts/account-keys.ts';
import type { Administration } from '../administration.ts';
import { sendOutcome } from './send-outcome.ts';

/** `/api/account`, as a panel's users know it (wire.md §9). */
export function accountKeyRoutes(app: App, administration: Administration): void {
  app.route({
    ...listAccountKeys,
    handler: async (request) => {
      const { actor } = await asPerson(administration, request, listAccountKeys);
      const { page = 1, limit = 50 } = request.query;
      return readAccountKeys(administration, { userId: actor.userId, page, limit });
    },
  });

  app.route({
    ...createAccountKey,
    handler: async (request, reply) => {
      const call = await asPerson(administration, request, createAccountKey);
      return sendOutcome(reply, await create(administration, call, request.body));
    },
  });

  app.route({
    ...deleteAccountKey,
    handler: async (request, reply) => {
      const call = await asPerson(administration, request, deleteAccountKey);
      return sendOutcome(reply, await remove(administration, call, request.params.identifier));
    },
  });
}
