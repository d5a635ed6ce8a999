import { listLogs } from '@keyward/contract/routes/log';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { readLogs } from '../reports/read-logs.ts';

/** The logged requests of an environment (wire.md §3). */
export function logRoutes(app: App, administration: Administration): void {
  app.route({
    ...listLogs,
    handler: async (request) => {
      const { environment } = await inEnvironment(administration, request, listLogs);
      return readLogs(administration, environment, request.query);
    },
  });
}
