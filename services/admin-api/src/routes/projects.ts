import {
  changeProject,
  createProject,
  deleteProject,
  getProject,
  listProjects,
  ProjectSummary,
} from '@keyward/contract/routes/project';
import type { App } from '@keyward/kit/http-app';
import { inOrganization } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { changeProject as change } from '../projects/change-project.ts';
import { createProject as create } from '../projects/create-project.ts';
import { deleteProject as remove } from '../projects/delete-project.ts';
import { readProject, readProjects } from '../projects/read-projects.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** Projects with their environments (wire.md §3). */
export function projectRoutes(app: App, administration: Administration): void {
  app.route({
    ...createProject,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, createProject);
      const { body: input, query } = request;
      return sendOutcome(reply, await create(administration, call, { input, ifExists: query.ifExists }));
    },
  });

  app.route({
    ...listProjects,
    handler: async (request) => {
      const { page = 1, limit = 10, ...filter } = request.query;
      const call = await inOrganization(administration, request, listProjects);
      return readProjects(administration, call, { page, limit, ...filter });
    },
  });

  app.route({
    ...getProject,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, getProject);
      return withEtag(reply, ProjectSummary, await readProject(administration, call, request.params.project));
    },
  });

  app.route({
    ...changeProject,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, changeProject);
      const { project: name } = request.params;
      return sendOutcome(reply, await change(administration, call, { name, change: request.body }));
    },
  });

  app.route({
    ...deleteProject,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, deleteProject);
      const { project: name } = request.params;
      return sendOutcome(reply, await remove(administration, call, { name, removal: request.query }));
    },
  });
}
