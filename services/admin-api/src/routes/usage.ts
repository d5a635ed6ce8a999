import { readUsage } from '@keyward/contract/routes/usage';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { reportUsage } from '../reports/report-usage.ts';

/** What an environment's requests were counted as (wire.md §7). */
export function usageRoutes(app: App, administration: Administration): void {
  app.route({
    ...readUsage,
    handler: async (request) => {
      const { environment } = await inEnvironment(administration, request, readUsage);
      return reportUsage(administration, environment, request.query);
    },
  });
}
