import { changeSettings, getSettings, SettingsAnswer } from '@keyward/contract/routes/settings';
import type { App } from '@keyward/kit/http-app';
import { inEnvironment } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { changeSettings as change, readSettings } from '../projects/settings.ts';
import { sendOutcome } from './send-outcome.ts';
import { withEtag } from './with-etag.ts';

/** The settings of an environment. */
export function settingsRoutes(app: App, administration: Administration): void {
  app.route({
    ...getSettings,
    handler: async (request, reply) => {
      const { environment } = await inEnvironment(administration, request, getSettings);
      return withEtag(reply, SettingsAnswer, readSettings(environment));
    },
  });

  app.route({
    ...changeSettings,
    handler: async (request, reply) => {
      const call = await inEnvironment(administration, request, changeSettings);
      return sendOutcome(reply, await change(administration, call, request.body));
    },
  });
}
