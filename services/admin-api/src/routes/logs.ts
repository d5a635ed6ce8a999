import { listLogs } from '@keyward/contract/routes/log';
import type { App } from '@keyward/kit/http-app';
import type { Administration } from '../administration.ts';
import { callingEnvironment } from '../calling-environment.ts';
import { readLogs } from '../read-logs.ts';

/** The logged requests of an environment (wire.md §3). */
export function logRoutes(app: App, administration: Administration): void {
  app.route({
    ...listLogs,
    handler: async ({ headers, params, query }) => {
      const { environment } = await callingEnvironment(administration, { headers, query: params }, 'read');
      return readLogs(administration, environment, query);
    },
  });
}
