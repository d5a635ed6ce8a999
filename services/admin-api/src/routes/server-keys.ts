import { createServerKey, listServerKeys, revokeServerKey } from '@keyward/contract/routes/server-key';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { createServerKey as create, readServerKeys, revokeServerKey as revoke } from '../projects/server-keys.ts';
import { sendOutcome } from './send-outcome.ts';

/** The keys that applications identify themselves with. */
export function serverKeyRoutes(app: App, administration: Administration): void {
  app.route({
    ...listServerKeys,
    handler: async (request) => {
      const { page = 1, limit = 10, status } = request.query;
      const { environment } = await inEnvironment(administration, request, listServerKeys);
      return readServerKeys(administration, { environment, status, page, limit });
    },
  });

  app.route({
    ...createServerKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, createServerKey);
      return sendOutcome(reply, await create(administration, call, request.body));
    },
  });

  app.route({
    ...revokeServerKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, revokeServerKey);
      return sendOutcome(reply, await revoke(administration, call, request.params.id));
    },
  });
}
