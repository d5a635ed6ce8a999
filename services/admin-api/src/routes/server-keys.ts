import { createServerKey, listServerKeys, revokeServerKey } from '@keyward/contract/routes/server-key';
import type { App } from '@keyward/kit/http-app';
import { personsEnvironment } from '../access/calling-environment.ts';
import type { Administration } from '../administration.ts';
import { pending } from '../projection/pending.ts';
import { createServerKey as create, readServerKeys, revokeServerKey as revoke } from '../projects/server-keys.ts';

/** The keys that applications identify themselves with; for people only. */
export function serverKeyRoutes(app: App, administration: Administration): void {
  app.route({
    ...listServerKeys,
    handler: async ({ headers, query }) => {
      const { page = 1, limit = 10, status } = query;
      const environment = await personsEnvironment(administration, { headers, query }, 'read');
      return readServerKeys(administration, { environment, status, page, limit });
    },
  });

  app.route({
    ...createServerKey,
    handler: async ({ headers, query, body }, reply) => {
      const environment = await personsEnvironment(administration, { headers, query }, 'write');
      const { serverKey, propagation } = await create(administration, { environment, input: body });
      reply.code(201);
      return { ...serverKey, ...pending(propagation) };
    },
  });

  app.route({
    ...revokeServerKey,
    handler: async ({ headers, query, params }) => {
      const environment = await personsEnvironment(administration, { headers, query }, 'write');
      const propagation = await revoke(administration, { environment, id: params.id });
      return { success: true as const, ...pending(propagation) };
    },
  });
}
