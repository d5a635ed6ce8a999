import type { NewEndpoint } from '@keyward/contract/routes/endpoint';
import { foldPath } from '@keyward/decision/endpoint-path';
import { newId } from '@keyward/kit/random';
import type { Database } from '@keyward/stores/postgres/database';
import { findEndpointId, insertEndpoint } from '@keyward/stores/postgres/endpoints';
import { type EnvironmentRow, lockEnvironment, raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import { InputCheck } from '../input.ts';
import type { ConfigNote, Propagation } from '../projection/projector.ts';
import { readSettings } from '../projects/settings.ts';

interface Registered {
  registered: boolean;
  id?: string;
  method: string;
  path: string;
}

interface Registration {
  environment: EnvironmentRow;
  input: NewEndpoint;
}

/**
 * Makes an endpoint known by its pattern. An environment that is full says so, and is no error: SDKs ask on every path.
 * The scopes that an SDK names in its metadata are kept as metadata: only a person says what an endpoint requires.
 */
export async function registerEndpoint(
  administration: Administration,
  { environment, input }: Registration,
): Promise<{ endpoint: Registered; propagation: Propagation }> {
  const check = new InputCheck();
  for (const field of ['path', 'name', 'description'] as const) check.text(`/${field}`, input[field]);
  check.metadata('/metadata', input.metadata);
  check.done();
  const place = { method: input.method.toUpperCase(), path: foldPath(input.path, readSettings(environment).settings) };
  const known = await findEndpointId(administration.db, environment.id, place);
  if (known !== undefined) return { endpoint: { registered: true, id: known, ...place }, propagation: 'done' };
  const { id, notes } = await administration.db
    .transaction()
    .execute((transaction) => insert(administration, transaction, { environment, input, ...place }));
  const endpoint = id === undefined ? { registered: false, ...place } : { registered: true, id, ...place };
  return { endpoint, propagation: await administration.projector.publish(notes) };
}

/**
 * Where unknown endpoints are refused, the validators must hear of a new one. Whether they are is read under the
 * environment's lock: a change of that setting projects what it finds, and must not miss one that is on its way.
 */
async function insert(
  { projector, clock, maxEndpoints }: Administration,
  transaction: Database,
  { environment, input, method, path }: Registration & { method: string; path: string },
): Promise<{ id: string | undefined; notes: ConfigNote[] }> {
  const now = new Date(clock.nowMs());
  const locked = await lockEnvironment(transaction, environment.id);
  const row = {
    id: newId(),
    organization_id: environment.organization_id,
    environment_id: environment.id,
    method,
    path,
    name: `${method} ${path}`,
    description: input.description ?? null,
    metadata: JSON.stringify(input.metadata ?? {}),
    created_at: now,
    updated_at: now,
  };
  const id = await insertEndpoint(transaction, row, maxEndpoints);
  if (id === undefined) return { id: await findEndpointId(transaction, environment.id, { method, path }), notes: [] };
  if (locked?.settings.unknownEndpoints !== 'refuse') return { id, notes: [] };
  await raiseEnvironmentVersion(transaction, environment.id, now);
  return { id, notes: [await projector.note(transaction, { environmentId: environment.id, clientId: null })] };
}
