import { managementRoutes } from './management-routes.ts';
import type { Route } from './routes/route.ts';

/** Does the route answer one resource with the `ETag` that `If-Match` of a change may name? What nobody changes or deletes there has none. */
export function answersEtag({ method, url, access }: Route): boolean {
  if (method !== 'GET' || access.of === 'account') return false;
  return managementRoutes.some((other) => other.url === url && other.method !== 'GET' && other.method !== 'POST');
}
