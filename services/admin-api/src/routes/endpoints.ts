import { registerEndpoint } from '@keyward/contract/routes/endpoint';
import type { App } from '@keyward/kit/http-app';
import type { Administration } from '../administration.ts';
import { authenticate } from '../authenticate.ts';
import { registerEndpoint as register } from '../register-endpoint.ts';
import { environmentOf } from '../scope.ts';

/** Registration of endpoints by SDKs (wire.md §2.4). */
export function endpointRoutes(app: App, administration: Administration): void {
  app.route({
    ...registerEndpoint,
    handler: async ({ headers, query, body }) => {
      const actor = await authenticate(administration, headers);
      const environment = await environmentOf(administration, {
        actor,
        projectEnv: query.project_env,
        access: 'write',
      });
      return { success: true as const, ...(await register(administration, { environment, input: body })) };
    },
  });
}
