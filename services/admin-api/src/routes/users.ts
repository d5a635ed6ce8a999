import { eraseUser } from '@keyward/contract/routes/user';
import type { App } from '@keyward/kit/http-app';
import { inSession } from '../access/admit.ts';
import { eraseUser as erase } from '../accounts/erase-user.ts';
import type { Administration } from '../administration.ts';
import { sendWithCookies } from './send-with-cookies.ts';

/** What somebody does with their account as a whole. */
export function userRoutes(app: App, administration: Administration): void {
  app.route({
    ...eraseUser,
    handler: async (request, reply) => {
      const call = await inSession(administration, request, eraseUser);
      return sendWithCookies(reply, await erase(administration, call));
    },
  });
}
