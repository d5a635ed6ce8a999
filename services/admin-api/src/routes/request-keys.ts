import { addRequestKey, deleteRequestKey, listRequestKeys } from '@keyward/contract/routes/request-key';
import type { App } from '@keyward/kit/http-app';
import { callingEnvironment } from '../access/calling-environment.ts';
import type { Administration } from '../administration.ts';
import { pending } from '../projection/pending.ts';
import { addRequestKey as add, readRequestKeys, removeRequestKey } from '../projects/request-keys.ts';

/** The public keys that an environment's requests may be signed with. */
export function requestKeyRoutes(app: App, administration: Administration): void {
  app.route({
    ...listRequestKeys,
    handler: async ({ headers, query }) => {
      const { page = 1, limit = 10 } = query;
      const { environment } = await callingEnvironment(administration, { headers, query }, 'read');
      return readRequestKeys(administration, { environment, page, limit });
    },
  });

  app.route({
    ...addRequestKey,
    handler: async ({ headers, query, body }, reply) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      const { requestKey, propagation } = await add(administration, { environment, input: body });
      reply.code(201);
      return { ...requestKey, ...pending(propagation) };
    },
  });

  app.route({
    ...deleteRequestKey,
    handler: async ({ headers, query, params }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      const propagation = await removeRequestKey(administration, { environment, id: params.id });
      return { success: true as const, ...pending(propagation) };
    },
  });
}
