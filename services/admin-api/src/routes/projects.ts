import { createProject, getProject, listProjects } from '@keyward/contract/routes/project';
import type { App } from '@keyward/kit/http-app';
import { authenticate } from '../access/authenticate.ts';
import { organizationOf } from '../access/scope.ts';
import type { Administration } from '../administration.ts';
import { pending } from '../projection/pending.ts';
import { createProject as create } from '../projects/create-project.ts';
import { readProject, readProjects, viewProject } from '../projects/read-projects.ts';

/** Projects with their environments (wire.md §3). */
export function projectRoutes(app: App, administration: Administration): void {
  app.route({
    ...createProject,
    handler: async ({ headers, body }, reply) => {
      const actor = await authenticate(administration, headers);
      const { organizationId } = organizationOf(actor, 'write');
      const { project, secrets, propagation } = await create(administration, { organizationId, input: body });
      reply.code(201);
      const view = await viewProject(administration, { row: project, secrets });
      return { ...view, ...pending(propagation) };
    },
  });

  app.route({
    ...listProjects,
    handler: async ({ headers, query }) => {
      const actor = await authenticate(administration, headers);
      const { page = 1, limit = 10 } = query;
      return readProjects(administration, { actor, page, limit });
    },
  });

  app.route({
    ...getProject,
    handler: async ({ headers, params }) => {
      const actor = await authenticate(administration, headers);
      return readProject(administration, actor, params.project);
    },
  });
}
