import type { Claims } from '../keys/key-claims.ts';
import { presentedKey } from '../keys/present-key.ts';
import type { Refused } from '../validation.ts';
import { type AdapterOptions, keywardOf } from './adapter-options.ts';
import { refusalOfScopes } from './require-scopes.ts';

/** What a handler is told beside the request. */
export interface FetchContext {
  /** undefined on `excludePaths` only. */
  claims: Claims | undefined;
}

export interface ProtectOptions extends AdapterOptions {
  /** Scopes that the key needs. */
  scopes?: readonly string[] | undefined;
  /** The pattern that a request matches, `/users/:id`, so that the server counts by it. */
  route?: ((request: Request) => string | undefined) | undefined;
  /** Who holds the other end of the connection, where the runtime can tell. */
  remoteAddress?: ((request: Request) => string | undefined) | undefined;
}

type Handler<Rest extends unknown[]> = (
  request: Request,
  context: FetchContext,
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * A handler of the web's `fetch` form that answers only requests with a good key; what a runtime passes beside the request (`env`,
 * `ctx`) comes after the context. `excludePaths` are handled without a key.
 */
export function protectFetch<Rest extends unknown[]>(
  handler: Handler<Rest>,
  options: ProtectOptions = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  const { scopes = [], route, remoteAddress, ...rest } = options;
  const keyward = keywardOf(rest);
  return async (request, ...others) => {
    const { pathname } = new URL(request.url);
    if (keyward.isExcluded(pathname)) return handler(request, { claims: undefined }, ...others);
    const headers = Object.fromEntries(request.headers);
    const validation = await keyward.validate({
      key: presentedKey(headers, keyward.headerName),
      method: request.method,
      path: pathname,
      route: route?.(request),
      headers,
      remoteAddress: remoteAddress?.(request),
    });
    const refusal = validation.allowed ? refusalOfScopes(validation.claims, scopes) : validation;
    if (refusal) return withHeaders(respond(refusal), validation.headers);
    const claims = validation.allowed ? validation.claims : undefined;
    return withHeaders(await handler(request, { claims }, ...others), validation.headers);
  };
}

function respond({ status, headers, body }: Refused): Response {
  return Response.json(body, { status, headers });
}

/** A response that came from elsewhere may have headers that cannot be changed. */
function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  // What upgrades a connection is known by its identity (Deno), and no copy of it can be made (Node).
  if (response.status === 101) return response;
  const names = Object.keys(headers).filter((name) => !response.headers.has(name));
  if (names.length === 0) return response;
  const changed = new Response(response.body, response);
  for (const name of names) changed.headers.set(name, headers[name] ?? '');
  return changed;
}
