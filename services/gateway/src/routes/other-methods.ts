import { gatewayRoutes } from '@keyward/contract/gateway-routes';
import { managementRoutes } from '@keyward/contract/management-routes';
import type { App } from '@keyward/kit/http-app';
import { refuseMethods } from '@keyward/kit/refuse-methods';
import { forwardedMethods } from './management.ts';

/** Refuses methods that no URL has, naming those that it has: only the door knows its own and those of management. */
export function otherMethodsRoutes(app: App): void {
  for (const [url, routes] of Map.groupBy([...gatewayRoutes, ...managementRoutes], (route) => route.url)) {
    const methods = routes.map(({ method }) => method);
    const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
    const isOurs = !url.includes(':') && routes.every((route) => gatewayRoutes.includes(route));
    // A URL of management that is newer than this door may look like one that we know.
    refuseMethods(app, { url, allowed, forwarded: isOurs ? [] : [...forwardedMethods, 'HEAD'] });
  }
}
