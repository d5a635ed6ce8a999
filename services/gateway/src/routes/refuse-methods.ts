import { AppError } from '@keyward/kit/app-error';
import type { App } from '@keyward/kit/http-app';

/** Answers 405 with `Allow` for every method of `url` that is not among the allowed. */
export function refuseMethods(app: App, { url, allowed }: { url: string; allowed: readonly string[] }): void {
  app.route({
    method: app.supportedMethods.filter((method) => !allowed.includes(method)),
    url,
    handler: async ({ method }, reply) => {
      reply.header('allow', allowed.join(', '));
      throw new AppError('METHOD_NOT_ALLOWED', `${method} is not allowed here.`);
    },
  });
}
