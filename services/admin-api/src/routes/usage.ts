import { readUsage } from '@keyward/contract/routes/usage';
import type { App } from '@keyward/kit/http-app';
import type { Administration } from '../administration.ts';
import { callingEnvironment } from '../calling-environment.ts';
import { reportUsage } from '../report-usage.ts';

/** What an environment's requests were counted as (wire.md §7). */
export function usageRoutes(app: App, administration: Administration): void {
  app.route({
    ...readUsage,
    handler: async ({ headers, query }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'read');
      return reportUsage(administration, environment, query);
    },
  });
}
