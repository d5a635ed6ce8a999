import { createProject, getProject, listProjects } from '@keyward/contract/routes/project';
import type { App } from '@keyward/kit/http-app';
import { inOrganization } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { createProject as create } from '../projects/create-project.ts';
import { readProject, readProjects } from '../projects/read-projects.ts';
import { sendOutcome } from './send-outcome.ts';

/** Projects with their environments (wire.md §3). */
export function projectRoutes(app: App, administration: Administration): void {
  app.route({
    ...createProject,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, createProject);
      return sendOutcome(reply, await create(administration, call, request.body));
    },
  });

  app.route({
    ...listProjects,
    handler: async (request) => {
      const { page = 1, limit = 10 } = request.query;
      const call = await inOrganization(administration, request, listProjects);
      return readProjects(administration, call, { page, limit });
    },
  });

  app.route({
    ...getProject,
    handler: async (request) => {
      const call = await inOrganization(administration, request, getProject);
      return readProject(administration, call, request.params.project);
    },
  });
}
