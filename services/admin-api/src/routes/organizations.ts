import {
  changeOrganization,
  createOrganization,
  deleteOrganization,
  getOrganization,
  listOrganizations,
  Organization,
} from '@keyward/contract/routes/organization';
import type { App } from '@keyward/kit/http-app';
import { asPerson, inNamedOrganization } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { changeOrganization as change, removeOrganization } from '../organizations/change-organization.ts';
import { createOrganization as create } from '../organizations/create-organization.ts';
import { readOrganization, readOrganizations } from '../organizations/read-organizations.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** The organizations that a person belongs to. */
export function organizationRoutes(app: App, administration: Administration): void {
  app.route({
    ...listOrganizations,
    handler: async (request) => {
      const { actor } = await asPerson(administration, request, listOrganizations);
      const { page = 1, limit = 10, name } = request.query;
      return readOrganizations(administration, { userId: actor.userId, name, page, limit });
    },
  });

  app.route({
    ...createOrganization,
    handler: async (request, reply) => {
      const call = await asPerson(administration, request, createOrganization);
      const { body: input, query } = request;
      return sendOutcome(reply, await create(administration, call, { input, ifExists: query.ifExists }));
    },
  });

  app.route({
    ...getOrganization,
    handler: async (request, reply) => {
      const { actor, organizationId } = await inNamedOrganization(administration, request, getOrganization);
      return withEtag(reply, Organization, await readOrganization(administration, actor.userId, organizationId));
    },
  });

  app.route({
    ...changeOrganization,
    handler: async (request, reply) => {
      const call = await inNamedOrganization(administration, request, changeOrganization);
      return sendOutcome(reply, await change(administration, call, request.body));
    },
  });

  app.route({
    ...deleteOrganization,
    handler: async (request, reply) => {
      const call = await inNamedOrganization(administration, request, deleteOrganization);
      return sendOutcome(reply, await removeOrganization(administration, call, request.query));
    },
  });
}
