import { Pagination, Removed, Stats } from '../fields.ts';
import { Problem } from '../problem.ts';
import type { Route } from '../routes/route.ts';
import { EnvironmentSettings } from '../settings.ts';
import { routeModules } from './route-modules.ts';

const shared = { Problem, Pagination, Removed, Stats, EnvironmentSettings };

const routes = new Map<unknown, { operationId: string; tag: string }>();
const schemas = new Map<unknown, string>(Object.entries(shared).map(([name, schema]) => [schema, name]));
for (const { tag, declared } of routeModules) {
  for (const [name, value] of Object.entries(declared)) {
    if (isRoute(value)) routes.set(value, { operationId: name, tag });
    else if (/^[A-Z]/.test(name) && typeof value === 'object') schemas.set(value, name);
  }
}

/** The name that the route is declared by, and the resource that it is of. */
export function nameOfRoute(route: Route): { operationId: string; tag: string } {
  const name = routes.get(route);
  if (!name) throw new Error(`${route.method} ${route.url} is declared in no module of route-modules.ts`);
  return name;
}

/** The name that the schema is declared by; undefined: it has none. */
export function nameOfSchema(schema: unknown): string | undefined {
  return schemas.get(schema);
}

function isRoute(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'method' in value && 'url' in value;
}
