import { managementRoutes } from '@keyward/contract/management-routes';
import type { App } from '@keyward/kit/http-app';

/** What somebody who opens the admin-api's address is told. */
export function indexRoute(app: App): void {
  const listed = managementRoutes.map(({ method, url, schema }) => ({ method, url, summary: schema.summary }));
  app.get('/', async () => ({ service: 'Keyward admin-api', routes: listed }));
}
