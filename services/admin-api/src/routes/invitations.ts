import {
  acceptInvitation,
  createInvitation,
  getInvitation,
  Invitation,
  listInvitations,
  registerByInvitation,
  revokeInvitation,
} from '@keyward/contract/routes/invitation';
import type { App } from '@keyward/kit/http-app';
import { asPerson, inOrganization } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { acceptInvitation as accept, registerByInvitation as register } from '../members/accept-invitation.ts';
import {
  createInvitation as create,
  readInvitation,
  readInvitations,
  revokeInvitation as revoke,
} from '../members/invitations.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** How people come to belong to an organization. */
export function invitationRoutes(app: App, administration: Administration): void {
  app.route({
    ...listInvitations,
    handler: async (request) => {
      const { organizationId } = await inOrganization(administration, request, listInvitations);
      const { page = 1, limit = 10, ...filter } = request.query;
      return readInvitations(administration, { organizationId, filter, page, limit });
    },
  });

  app.route({
    ...createInvitation,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, createInvitation);
      return sendOutcome(reply, await create(administration, call, request.body));
    },
  });

  app.route({
    ...getInvitation,
    handler: async (request, reply) => {
      const { organizationId } = await inOrganization(administration, request, getInvitation);
      const { id } = request.params;
      return withEtag(reply, Invitation, await readInvitation(administration, { organizationId, id }));
    },
  });

  app.route({
    ...revokeInvitation,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, revokeInvitation);
      return sendOutcome(reply, await revoke(administration, call, request.params.id));
    },
  });

  app.route({
    ...acceptInvitation,
    handler: async (request, reply) => {
      const call = await asPerson(administration, request, acceptInvitation);
      return sendOutcome(reply, await accept(administration, call, request.body.token));
    },
  });

  app.route({
    ...registerByInvitation,
    handler: async (request, reply) => sendOutcome(reply, await register(administration, request, request.body)),
  });
}
