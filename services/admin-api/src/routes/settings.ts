import { changeSettings, getSettings } from '@keyward/contract/routes/settings';
import type { App } from '@keyward/kit/http-app';
import type { Administration } from '../administration.ts';
import { authenticate } from '../authenticate.ts';
import { environmentOf } from '../scope.ts';
import { changeSettings as change, readSettings } from '../settings.ts';

/** The settings of an environment. */
export function settingsRoutes(app: App, administration: Administration): void {
  app.route({
    ...getSettings,
    handler: async ({ headers, query }) => {
      const actor = await authenticate(administration, headers);
      return readSettings(
        await environmentOf(administration, { actor, projectEnv: query.project_env, access: 'read' }),
      );
    },
  });

  app.route({
    ...changeSettings,
    handler: async ({ headers, query, body }) => {
      const actor = await authenticate(administration, headers);
      const environment = await environmentOf(administration, {
        actor,
        projectEnv: query.project_env,
        access: 'write',
      });
      return change(administration, { environment, change: body });
    },
  });
}
