import { changeTemplate, createTemplate, listTemplates } from '@keyward/contract/routes/template';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { changeTemplate as change, createTemplate as create, readTemplates } from '../projects/templates.ts';
import { sendOutcome } from './send-outcome.ts';

/** Rate-limit templates of an environment. */
export function templateRoutes(app: App, administration: Administration): void {
  app.route({
    ...listTemplates,
    handler: async (request) => {
      const { environment } = await inEnvironment(administration, request, listTemplates);
      return { data: await readTemplates(administration, environment) };
    },
  });

  app.route({
    ...createTemplate,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, createTemplate);
      return sendOutcome(reply, await create(administration, call, request.body));
    },
  });

  app.route({
    ...changeTemplate,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, changeTemplate);
      const { id } = request.params;
      return sendOutcome(reply, await change(administration, call, { id, change: request.body }));
    },
  });
}
