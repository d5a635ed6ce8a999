/** An endpoint as the server knows it (wire.md §2.3): `GET:/users/{id}`. */
export interface Endpoint {
  method: string;
  path: string;
  /** Is it a pattern, or what a caller asked for? */
  isPattern: boolean;
}

const expressParameter = /[:*]([A-Za-z_$][\w$]*)(?:\([^)]*\))?[?+*]?/g;
const longestPath = 2_048;

/** The pattern where there is one, in the server's spelling, else the path without its query. */
export function endpointOf({
  method,
  path,
  route,
}: {
  method: string;
  path: string;
  route?: string | undefined;
}): Endpoint {
  if (route !== undefined) return { method: method.toUpperCase(), path: rooted(patternOf(route)), isPattern: true };
  const end = path.search(/[?#]/);
  const concrete = end < 0 ? path : path.slice(0, end);
  return { method: method.toUpperCase(), path: rooted(concrete).slice(0, longestPath), isPattern: false };
}

/** `/users/:id` of Express, Fastify, Hono and Nest is `/users/{id}`; `*` stays as it is. */
function patternOf(route: string): string {
  return route.replace(expressParameter, '{$1}');
}

function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}
