import { changeSettings, getSettings } from '@keyward/contract/routes/settings';
import type { App } from '@keyward/kit/http-app';
import { callingEnvironment } from '../access/calling-environment.ts';
import type { Administration } from '../administration.ts';
import { changeSettings as change, readSettings } from '../projects/settings.ts';

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
