import {
  changeMember,
  getMember,
  leaveOrganization,
  listMembers,
  Member,
  removeMember,
} from '@keyward/contract/routes/member';
import type { App } from '@keyward/kit/http-app';
import { inOrganization } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import {
  changeMember as change,
  leaveOrganization as leave,
  readMember,
  readMembers,
  removeMember as remove,
} from '../members/members.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** Who belongs to an organization. */
export function memberRoutes(app: App, administration: Administration): void {
  app.route({
    ...listMembers,
    handler: async (request) => {
      const { organizationId } = await inOrganization(administration, request, listMembers);
      const { page = 1, limit = 10, ...filter } = request.query;
      return readMembers(administration, { organizationId, filter, page, limit });
    },
  });

  app.route({
    ...getMember,
    handler: async (request, reply) => {
      const { organizationId } = await inOrganization(administration, request, getMember);
      const { userId } = request.params;
      return withEtag(reply, Member, await readMember(administration, { organizationId, userId }));
    },
  });

  app.route({
    ...changeMember,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, changeMember);
      return sendOutcome(reply, await change(administration, call, { ...request.body, ...request.params }));
    },
  });

  app.route({
    ...removeMember,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, removeMember);
      return sendOutcome(reply, await remove(administration, call, request.params.userId));
    },
  });

  app.route({
    ...leaveOrganization,
    handler: async (request, reply) => {
      const call = await inOrganization(administration, request, leaveOrganization);
      return sendOutcome(reply, await leave(administration, call));
    },
  });
}
