import { AdminApiConfig } from '@keyward/admin-api/config';
import { adminApi } from '@keyward/admin-api/service';
import { createHttpApp } from '@keyward/kit/http-app';
import { createLogger } from '@keyward/kit/logger';

type Registration = Parameters<typeof adminApi.routes>;

/** `METHOD url` of everything that admin-api answers, as its server knows it. */
export async function registeredRoutes(): Promise<string[]> {
  const app = createHttpApp({
    logger: createLogger({ service: 'routes', level: 'silent', schemas: [AdminApiConfig] }),
    bodyLimitBytes: 1,
    isServiceCall: () => false,
    isAway: () => false,
    ready: async () => true,
  });
  const found: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) found.push(`${each} ${url}`);
  });
  // Nothing is called, so nothing is needed to answer it.
  const nothing = {} as Registration[1];
  const context = { config: { SERVICE_TOKEN: 'x'.repeat(16) } } as Registration[2];
  adminApi.routes(app, nothing, context);
  await app.ready();
  await app.close();
  return found.filter((route) => !route.startsWith('HEAD '));
}
