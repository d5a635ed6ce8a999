/** What is read of Express' router (4 and 5), which has no public way to ask which route a request will come to. */
interface Layer {
  route?: { path?: unknown; methods?: Record<string, boolean> };
  handle?: { stack?: Layer[] };
  match?: (path: string) => boolean | Match;
  /** Until router 2.2: what the last match took. */
  path?: string;
  params?: Record<string, unknown>;
}

interface Match {
  /** What was taken of the path. */
  path?: string | undefined;
  params?: Record<string, unknown> | undefined;
  /** From router 2.3 on. */
  pattern?: unknown;
}

export interface RoutedRequest {
  method: string;
  /** The whole path, without its query. */
  path: string;
  /** The application that the middleware is in. */
  app: object;
}

/**
 * The pattern of the route that will answer, `/users/:id`, from the outermost application on. Middleware runs before that is found,
 * so the layers are asked as Express will ask them. undefined where there is none, or it cannot be told: a path that is a RegExp,
 * a route of an application inside of the one that the middleware is in, which Express hides.
 */
export function expressRoute({ method, path, app }: RoutedRequest): string | undefined {
  const place = placeOf(app, path);
  const found = place && find(layersOf(app), { method: method.toLowerCase(), path: place.rest });
  return found === undefined ? undefined : (place?.mount + found).replace(/(?<=.)\/+$/, '');
}

/** What is read of an application that is mounted in another. */
interface Mounted {
  parent?: object;
  mountpath?: unknown;
}

interface Place {
  /** The pattern, from the outermost application on. */
  mount: string;
  /** What is left of the path. */
  rest: string;
}

/** Where an application stands; undefined where that does not tell how much of the path is its own. */
function placeOf(app: object, path: string): Place | undefined {
  const { parent, mountpath } = app as Mounted; // set by `use` of the outer application
  if (!parent) return { mount: '', rest: path };
  const outer = placeOf(parent, path);
  for (const mount of outer ? [mountpath].flat() : []) {
    const rest = typeof mount === 'string' ? restAfter(mount, outer?.rest ?? '') : undefined;
    if (rest !== undefined) return { mount: `${outer?.mount}${String(mount).replace(/\/+$/, '')}`, rest };
  }
  return undefined;
}

/** What a path has beyond a pattern of texts and parameters, each for one segment, as `use` matches it; undefined: it is another. */
function restAfter(pattern: string, path: string): string | undefined {
  const wanted = pattern.split('/').filter((segment) => segment !== '');
  const given = path.split('/').slice(1);
  const isHere = wanted.every((segment, at) =>
    /^:\w+$/.test(segment) ? given[at] : segment.toLowerCase() === given[at]?.toLowerCase(),
  );
  return isHere ? `/${given.slice(wanted.length).join('/')}` : undefined;
}

/** Express 4 keeps its router in `_router`, and its `router` throws. */
function layersOf(app: object): readonly Layer[] {
  const { _router } = app as { _router?: { stack?: Layer[] } }; // Express 4
  if (_router) return _router.stack ?? [];
  const { router } = app as { router?: { stack?: Layer[] } }; // Express 5
  return router?.stack ?? [];
}

interface Asked {
  /** In lower case. */
  method: string;
  path: string;
}

function find(layers: readonly Layer[], { method, path }: Asked): string | undefined {
  for (const layer of layers) {
    const match = matchOf(layer, path);
    if (!match) continue;
    if (layer.route) {
      if (handles(layer.route, method)) return textOf(match.pattern ?? layer.route.path);
      continue;
    }
    const { path: taken = '' } = match;
    const inner = layer.handle?.stack && find(layer.handle.stack, { method, path: path.slice(taken.length) || '/' });
    const prefix = inner === undefined ? undefined : prefixOf(match);
    if (prefix !== undefined) return prefix + inner;
  }
  return undefined;
}

/** A parameter that cannot be decoded throws; Express answers it in a moment. */
function matchOf(layer: Layer, path: string): Match | undefined {
  try {
    const match = layer.match?.(path);
    return match === true ? { path: layer.path, params: layer.params } : match || undefined;
  } catch {
    return undefined;
  }
}

function handles({ methods = {} }: NonNullable<Layer['route']>, method: string): boolean {
  return methods._all === true || methods[method] === true || (method === 'head' && methods.get === true);
}

/**
 * What a router is mounted at; where only what was asked for is known, its parameters go back into it. undefined where it does not
 * tell which segment is one: `/teams/teams` of `/teams/:id` would become the pattern of another endpoint.
 */
function prefixOf({ path = '', params = {}, pattern }: Match): string | undefined {
  if (typeof pattern === 'string') return pattern === '/' ? '' : pattern;
  const segments = path.split('/');
  const given = segments.map(decodeURIComponent);
  for (const [name, value] of Object.entries(params)) {
    // An optional one that is not there.
    if (typeof value !== 'string') continue;
    const at = given.indexOf(value);
    if (at < 0 || given.includes(value, at + 1)) return undefined;
    segments[at] = `:${name}`;
  }
  return segments.join('/');
}

function textOf(pattern: unknown): string | undefined {
  return typeof pattern === 'string' ? pattern : undefined;
}
