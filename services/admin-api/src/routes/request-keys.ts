import { addRequestKey, deleteRequestKey, listRequestKeys } from '@keyward/contract/routes/request-key';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { addRequestKey as add, readRequestKeys, removeRequestKey } from '../projects/request-keys.ts';
import { sendOutcome } from './send-outcome.ts';

/** The public keys that an environment's requests may be signed with. */
export function requestKeyRoutes(app: App, administration: Administration): void {
  app.route({
    ...listRequestKeys,
    handler: async (request) => {
      const { page = 1, limit = 10 } = request.query;
      const { environment } = await inEnvironment(administration, request, listRequestKeys);
      return readRequestKeys(administration, { environment, page, limit });
    },
  });

  app.route({
    ...addRequestKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, addRequestKey);
      return sendOutcome(reply, await add(administration, call, request.body));
    },
  });

  app.route({
    ...deleteRequestKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, deleteRequestKey);
      return sendOutcome(reply, await removeRequestKey(administration, call, request.params.id));
    },
  });
}
