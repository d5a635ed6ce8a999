import { changeSettings, getSettings } from '@keyward/contract/routes/settings';
import type { App } from '@keyward/kit/http-app';
import type { Administration } from '../administration.ts';
import { callingEnvironment } from '../calling-environment.ts';
import { changeSettings as change, readSettings } from '../settings.ts';

/** The settings of an environment. */
export function settingsRoutes(app: App, administration: Administration): void {
  app.route({
    ...getSettings,
    handler: async ({ headers, query }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'read');
      return readSettings(environment);
    },
  });

  app.route({
    ...changeSettings,
    handler: async ({ headers, query, body }) => {
      const { environment } = await callingEnvironment(administration, { headers, query }, 'write');
      return change(administration, { environment, change: body });
    },
  });
}
