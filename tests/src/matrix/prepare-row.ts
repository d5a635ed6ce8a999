import type { Person } from '../platform/new-person.ts';
import type { Asked, Place, RouteRow } from './route-row.ts';

/** A valid call of the row. It says which environment it is about, unless its path does. */
export async function prepareRow({ route, prepare }: RouteRow, place: Place, caller?: Person): Promise<Asked> {
  const asked = await prepare(place, caller);
  if (route.access.of !== 'environment' || asked.params?.project_env !== undefined) return asked;
  const { projectEnv } = place.environment;
  return { ...asked, query: { ...asked.query, project_env: projectEnv }, ids: [...(asked.ids ?? []), projectEnv] };
}
