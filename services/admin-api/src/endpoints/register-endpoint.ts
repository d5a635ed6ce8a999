import type { NewEndpoint } from '@keyward/contract/routes/endpoint';
import { foldPath } from '@keyward/decision/endpoint-path';
import { newId } from '@keyward/kit/random';
import { findEndpointId, insertEndpoint } from '@keyward/stores/postgres/endpoints';
import { type EnvironmentRow, lockEnvironment, raiseEnvironmentVersion } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { readSettings } from '../projects/settings.ts';

interface Registered {
  success: true;
  registered: boolean;
  id?: string;
  method: string;
  path: string;
}

/**
 * Makes an endpoint known by its pattern. An environment that is full says so, and is no error: SDKs ask on every path.
 * The scopes that an SDK names in its metadata are kept as metadata: only a person says what an endpoint requires.
 */
export async function registerEndpoint(
  administration: Administration,
  call: EnvironmentChangeCall,
  input: NewEndpoint,
): Promise<Outcome<Registered>> {
  const { environment } = call;
  const check = new InputCheck();
  check.metadata('/metadata', input.metadata);
  check.done();
  const place = { method: input.method.toUpperCase(), path: foldPath(input.path, readSettings(environment).settings) };
  const known = await findEndpointId(administration.db, environment.id, place);
  if (known !== undefined) return done({ success: true, registered: true, id: known, ...place });
  return makeChange(administration, call, async (change) => {
    const id = await insert(administration, change, { environment, input, ...place });
    return done({ success: true, registered: id !== undefined, ...(id === undefined ? {} : { id }), ...place });
  });
}

interface Registration {
  environment: EnvironmentRow;
  input: NewEndpoint;
  method: string;
  path: string;
}

/**
 * Where unknown endpoints are refused, the validators must hear of a new one. Whether they are is read under the
 * environment's lock: a change of that setting projects what it finds, and must not miss one that is on its way.
 */
async function insert(
  { maxEndpoints }: Administration,
  change: Change,
  { environment, input, method, path }: Registration,
): Promise<string | undefined> {
  const { transaction, now } = change;
  const environmentId = environment.id;
  const locked = await lockEnvironment(transaction, environmentId);
  const row = {
    id: newId(),
    organization_id: environment.organization_id,
    environment_id: environmentId,
    method,
    path,
    name: `${method} ${path}`,
    description: input.description ?? null,
    metadata: JSON.stringify(input.metadata ?? {}),
    created_at: now,
    updated_at: now,
  };
  const id = await insertEndpoint(transaction, row, maxEndpoints);
  if (id === undefined) return findEndpointId(transaction, environmentId, { method, path });
  change.record({
    action: 'endpoint.register',
    subject: { kind: 'endpoint', id },
    environmentId,
    after: { method, path, description: row.description, metadata: input.metadata ?? {} },
  });
  if (locked?.settings.unknownEndpoints === 'refuse') {
    await raiseEnvironmentVersion(transaction, environmentId, now);
    await change.note({ environmentId });
  }
  return id;
}
