import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { findTargetHandler } from 'hono/utils/handler';
import type { Claims } from '../keys/key-claims.ts';
import { presentedKey } from '../keys/present-key.ts';
import type { Refused } from '../validation.ts';
import { type AdapterOptions, keywardOf } from './adapter-options.ts';
import { refusalOfScopes } from './require-scopes.ts';

export interface KeywardMiddlewareOptions extends AdapterOptions {
  /**
   * Who holds the other end of the connection, where the runtime can tell: `(c) => getConnInfo(c).remote.address` with the
   * `getConnInfo` of @hono/node-server or of the runtime. Without it the server goes by `X-Forwarded-For`.
   */
  remoteAddress?: ((c: Context) => string | undefined) | undefined;
}

declare module 'hono' {
  interface ContextVariableMap {
    /** The claims of the key that was let through. */
    keyward: Claims;
    /** The same, as the published package calls it. */
    apikee: Claims;
  }
}

/** Protects what comes after it, but for `excludePaths`: `app.use('*', keywardMiddleware())`. */
export function keywardMiddleware(options: KeywardMiddlewareOptions = {}): MiddlewareHandler {
  const { remoteAddress, ...rest } = options;
  const keyward = keywardOf(rest);
  return async (c, next) => {
    const { method, path } = c.req;
    if (keyward.isExcluded(path)) return next();
    const headers = headersOf(c, keyward.headerName);
    const validation = await keyward.validate({
      key: presentedKey(headers, keyward.headerName),
      method,
      path,
      route: routeOf(c),
      headers,
      remoteAddress: remoteAddress?.(c),
    });
    for (const [name, value] of Object.entries(validation.headers)) c.header(name, value);
    if (!validation.allowed) return refuse(c, validation);
    c.set('keyward', validation.claims);
    c.set('apikee', validation.claims);
    return next();
  };
}
export type { KeywardMiddlewareOptions as HonoApikeeOptions };
export { keywardMiddleware as apikeeMiddleware };

/** For routes whose keys need scopes; after `keywardMiddleware`. */
export function requireScope(...scopes: string[]): MiddlewareHandler {
  return async (c, next) => {
    const refusal = refusalOfScopes(c.get('keyward'), scopes);
    return refusal ? refuse(c, refusal) : next();
  };
}

function refuse(c: Context, { status, headers, body }: Refused): Response {
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  // Hono's type of a status is a list of those that may have a body; ours are among them.
  return c.json(body, status as 401);
}

type Route = ReturnType<typeof matchedRoutes>[number];

/** The pattern of the route that will answer: the first that does not go on to the next, for a page for all others may follow. */
function routeOf(c: Context): string | undefined {
  return matchedRoutes(c).find(answers)?.path;
}

/** What goes on takes `next`. Middleware that takes whatever there is (`...rest`) is there for all methods, a route for its own. */
function answers({ handler, method }: Route): boolean {
  const { length } = findTargetHandler(handler);
  return length === 1 || (length === 0 && method !== 'ALL');
}

/** The few that count, as one object. */
function headersOf({ req }: Context, headerName: string): Record<string, string | undefined> {
  return {
    [headerName]: req.header(headerName),
    authorization: req.header('authorization'),
    'x-forwarded-for': req.header('x-forwarded-for'),
    'x-real-ip': req.header('x-real-ip'),
    'user-agent': req.header('user-agent'),
  };
}
