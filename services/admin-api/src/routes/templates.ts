import { changeTemplate, createTemplate, listTemplates } from '@keyward/contract/routes/template';
import type { App } from '@keyward/kit/http-app';
import { callingEnvironment } from '../access/calling-environment.ts';
import type { Administration } from '../administration.ts';
import { pending } from '../projection/pending.ts';
import { changeTemplate as change, createTemplate as create, readTemplates } from '../projects/templates.ts';

/** Rate-limit templates of an environment. */
export function templateRoutes(app: App, administration: Administration): void {
  app.route({
    ...listTemplates,
    handler: async ({ headers, query }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'read');
      return { data: await readTemplates(administration, environment) };
    },
  });

  app.route({
    ...createTemplate,
    handler: async ({ headers, query, body }, reply) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      const { template, propagation } = await create(administration, { environment, input: body });
      reply.code(201);
      return { ...template, ...pending(propagation) };
    },
  });

  app.route({
    ...changeTemplate,
    handler: async ({ headers, query, params, body }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      const { template, propagation } = await change(administration, { environment, id: params.id, change: body });
      return { ...template, ...pending(propagation) };
    },
  });
}
