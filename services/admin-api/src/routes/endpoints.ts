import {
  changeEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  registerEndpoint,
} from '@keyward/contract/routes/endpoint';
import type { App } from '@keyward/kit/http-app';
import { callingEnvironment } from '../access/calling-environment.ts';
import type { Administration } from '../administration.ts';
import { changeEndpoint as change, removeEndpoint } from '../endpoints/change-endpoint.ts';
import { readEndpoint, readEndpoints } from '../endpoints/read-endpoints.ts';
import { registerEndpoint as register } from '../endpoints/register-endpoint.ts';
import { pending } from '../projection/pending.ts';

/** Endpoints: their registration by SDKs (wire.md §2.4), and what people ask of them (§3). */
export function endpointRoutes(app: App, administration: Administration): void {
  app.route({
    ...registerEndpoint,
    handler: async ({ headers, query, body }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      const { endpoint, propagation } = await register(administration, { environment, input: body });
      return { success: true as const, ...endpoint, ...pending(propagation) };
    },
  });

  app.route({
    ...listEndpoints,
    handler: async ({ headers, query }) => {
      const { project_env: _, page = 1, limit = 10, ...filter } = query;
      const { environment } = await callingEnvironment(administration, { headers, query }, 'read');
      return readEndpoints(administration, { environment, filter, page, limit });
    },
  });

  app.route({
    ...getEndpoint,
    handler: async ({ headers, query, params }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'read');
      return readEndpoint(administration, environment, params.id);
    },
  });

  app.route({
    ...changeEndpoint,
    handler: async ({ headers, query, params, body }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      const changed = await change(administration, { environment, id: params.id, change: body });
      return { ...changed.endpoint, ...pending(changed.propagation) };
    },
  });

  app.route({
    ...deleteEndpoint,
    handler: async ({ headers, query, params }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      const propagation = await removeEndpoint(administration, { environment, id: params.id });
      return { success: true as const, ...pending(propagation) };
    },
  });
}
