import { listLogs } from '@keyward/contract/routes/log';
import type { App } from '@keyward/kit/http-app';
import { callingEnvironment } from '../access/calling-environment.ts';
import type { Administration } from '../administration.ts';
import { readLogs } from '../reports/read-logs.ts';

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
