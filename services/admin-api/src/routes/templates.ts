import { Template } from '@keyward/contract/routes/project';
import {
  changeTemplate,
  createTemplate,
  deleteTemplate,
  getTemplate,
  listTemplates,
} from '@keyward/contract/routes/template';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { removeTemplate } from '../projects/delete-template.ts';
import { readTemplate, readTemplates } from '../projects/read-templates.ts';
import { changeTemplate as change, createTemplate as create } from '../projects/templates.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** Rate-limit templates of an environment. */
export function templateRoutes(app: App, administration: Administration): void {
  app.route({
    ...listTemplates,
    handler: async (request) => {
      const { page = 1, limit = 10, name } = request.query;
      const { environment } = await inEnvironment(administration, request, listTemplates);
      return readTemplates(administration, { environment, name, page, limit });
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
    ...getTemplate,
    handler: async (request, reply) => {
      const { environment } = await inEnvironment(administration, request, getTemplate);
      return withEtag(reply, Template, await readTemplate(administration, environment, request.params.id));
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

  app.route({
    ...deleteTemplate,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, deleteTemplate);
      const { params, query } = request;
      const { id } = params;
      return sendOutcome(reply, await removeTemplate(administration, call, { id, forceDelete: query.forceDelete }));
    },
  });
}
