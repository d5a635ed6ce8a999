import {
  changeServerKey,
  createServerKey,
  getServerKey,
  listServerKeys,
  revokeServerKey,
  rotateServerKey,
  ServerKey,
} from '@keyward/contract/routes/server-key';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { rotateServerKey as rotate } from '../projects/rotate-server-key.ts';
import {
  changeServerKey as change,
  createServerKey as create,
  readServerKey,
  readServerKeys,
  revokeServerKey as revoke,
} from '../projects/server-keys.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** The keys that applications identify themselves with. */
export function serverKeyRoutes(app: App, administration: Administration): void {
  app.route({
    ...listServerKeys,
    handler: async (request) => {
      const { project_env: _, page = 1, limit = 10, ...filter } = request.query;
      const { environment } = await inEnvironment(administration, request, listServerKeys);
      return readServerKeys(administration, { environment, filter, page, limit });
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
    ...getServerKey,
    handler: async (request, reply) => {
      const { environment } = await inEnvironment(administration, request, getServerKey);
      return withEtag(reply, ServerKey, await readServerKey(administration, environment, request.params.id));
    },
  });

  app.route({
    ...changeServerKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, changeServerKey);
      const { id } = request.params;
      return sendOutcome(reply, await change(administration, call, { id, change: request.body }));
    },
  });

  app.route({
    ...rotateServerKey,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, rotateServerKey);
      const { id } = request.params;
      return sendOutcome(reply, await rotate(administration, call, { id, rotation: request.body }));
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
