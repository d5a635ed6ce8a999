import { getErasure } from '@keyward/contract/routes/erasure';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { readErasure } from '../reports/read-erasure.ts';

/** The receipts of what was erased. */
export function erasureRoutes(app: App, administration: Administration): void {
  app.route({
    ...getErasure,
    handler: async (request) => {
      const { environment } = await inEnvironment(administration, request, getErasure);
      return readErasure(administration, environment, request.params.id);
    },
  });
}
