/** An endpoint as the server knows it (wire.md §2.3): `GET:/users/{id}`. */
export interface Endpoint {
  /** `GET /users/{id}` */
  name: string;
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
  const isPattern = route !== undefined;
  const shown = isPattern ? rooted(patternOf(route)) : cut(rooted(withoutQuery(path)));
  const capitals = method.toUpperCase();
  return { name: `${capitals} ${shown}`, method: capitals, path: shown, isPattern };
}

function withoutQuery(path: string): string {
  const end = path.search(/[?#]/);
  return end < 0 ? path : path.slice(0, end);
}

/** Half a surrogate pair is in no URL. */
function cut(path: string): string {
  return path.slice(0, longestPath).toWellFormed();
}

/** `/users/:id` of Express, Fastify, Hono and Nest is `/users/{id}`; `*` stays as it is. */
function patternOf(route: string): string {
  return route.replace(expressParameter, '{$1}');
}

function rooted(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}
