import {
  changeEndpoint,
  deleteEndpoint,
  Endpoint,
  getEndpoint,
  listEndpoints,
  registerEndpoint,
} from '@keyward/contract/routes/endpoint';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { changeEndpoint as change, removeEndpoint } from '../endpoints/change-endpoint.ts';
import { readEndpoint, readEndpoints } from '../endpoints/read-endpoints.ts';
import { registerEndpoint as register } from '../endpoints/register-endpoint.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** Endpoints: their registration by SDKs (wire.md §2.4), and what people ask of them (§3). */
export function endpointRoutes(app: App, administration: Administration): void {
  app.route({
    ...registerEndpoint,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, registerEndpoint);
      return sendOutcome(reply, await register(administration, call, request.body));
    },
  });

  app.route({
    ...listEndpoints,
    handler: async (request) => {
      const { project_env: _, page = 1, limit = 10, ...filter } = request.query;
      const { environment } = await inEnvironment(administration, request, listEndpoints);
      return readEndpoints(administration, { environment, filter, page, limit });
    },
  });

  app.route({
    ...getEndpoint,
    handler: async (request, reply) => {
      const { environment } = await inEnvironment(administration, request, getEndpoint);
      return withEtag(reply, Endpoint, await readEndpoint(administration, environment, request.params.id));
    },
  });

  app.route({
    ...changeEndpoint,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, changeEndpoint);
      const { id } = request.params;
      return sendOutcome(reply, await change(administration, call, { id, change: request.body }));
    },
  });

  app.route({
    ...deleteEndpoint,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, deleteEndpoint);
      return sendOutcome(reply, await removeEndpoint(administration, call, request.params.id));
    },
  });
}
