import { registerEndpoint } from '@keyward/contract/routes/endpoint';
import type { App } from '@keyward/kit/http-app';
import type { Administration } from '../administration.ts';
import { callingEnvironment } from '../calling-environment.ts';
import { registerEndpoint as register } from '../register-endpoint.ts';

/** Registration of endpoints by SDKs (wire.md §2.4). */
export function endpointRoutes(app: App, administration: Administration): void {
  app.route({
    ...registerEndpoint,
    handler: async ({ headers, query, body }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      return { success: true as const, ...(await register(administration, { environment, input: body })) };
    },
  });
}
