import {
  changePassword,
  getSession,
  listSessions,
  revokeSession,
  signIn,
  signOut,
  signOutEverywhere,
} from '@keyward/contract/routes/session';
import type { App } from '@keyward/kit/http-app';
import { asPerson, inSession } from '../access/admit.ts';
import { changePassword as applyPassword } from '../accounts/change-password.ts';
import {
  signOut as end,
  signOutEverywhere as endAll,
  endSession,
  readSession,
  readSessions,
} from '../accounts/sessions.ts';
import { signIn as begin } from '../accounts/sign-in.ts';
import type { Administration } from '../administration.ts';
import { sendOutcome } from './send-outcome.ts';
import { sendWithCookies } from './send-with-cookies.ts';

/** How people sign in and out. */
export function sessionRoutes(app: App, administration: Administration): void {
  app.route({
    ...signIn,
    handler: async (request, reply) => sendWithCookies(reply, await begin(administration, request, request.body)),
  });

  app.route({
    ...getSession,
    handler: async (request, reply) => {
      const call = await inSession(administration, request, getSession);
      return sendWithCookies(reply, await readSession(administration, call));
    },
  });

  app.route({
    ...signOut,
    handler: async (request, reply) => {
      const call = await inSession(administration, request, signOut);
      return sendWithCookies(reply, await end(administration, call));
    },
  });

  app.route({
    ...listSessions,
    handler: async (request) => {
      const { actor } = await asPerson(administration, request, listSessions);
      const { page = 1, limit = 10 } = request.query;
      return readSessions(administration, { actor, page, limit });
    },
  });

  app.route({
    ...signOutEverywhere,
    handler: async (request, reply) => {
      const call = await asPerson(administration, request, signOutEverywhere);
      return sendWithCookies(reply, await endAll(administration, call));
    },
  });

  app.route({
    ...revokeSession,
    handler: async (request, reply) => {
      const call = await asPerson(administration, request, revokeSession);
      return sendOutcome(reply, await endSession(administration, call, request.params.id));
    },
  });

  app.route({
    ...changePassword,
    handler: async (request, reply) => {
      const call = await inSession(administration, request, changePassword);
      return sendWithCookies(reply, await applyPassword(administration, call, request.body));
    },
  });
}
