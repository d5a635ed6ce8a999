import { AppError } from './app-error.ts';
import type { App } from './http-app.ts';

interface RefuseOptions {
  url: string;
  allowed: readonly string[];
  /** What else is not refused here, but by whoever is asked behind us. */
  forwarded?: readonly string[];
}

/** Answers 405 with `Allow` for every method of `url` that is not among the allowed, before anything of the call is looked at. */
export function refuseMethods(app: App, { url, allowed, forwarded = [] }: RefuseOptions): void {
  app.route({
    method: app.supportedMethods.filter((method) => !allowed.includes(method) && !forwarded.includes(method)),
    url,
    onRequest: async ({ method }, reply) => {
      reply.header('allow', allowed.join(', '));
      throw new AppError('METHOD_NOT_ALLOWED', `${method} is not allowed here.`);
    },
    handler: async () => undefined,
  });
}

/** Registers routes, and refuses every other method of their URLs. */
export function refuseOtherMethods(app: App, register: () => void): void {
  const routes: { url: string; method: string | string[] }[] = [];
  app.addHook('onRoute', ({ url, method }) => {
    routes.push({ url, method });
  });
  register();
  for (const [url, own] of Map.groupBy([...routes], (route) => route.url))
    refuseMethods(app, { url, allowed: own.flatMap(({ method }) => method) });
}
