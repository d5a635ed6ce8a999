import type { NewEndpoint } from '@keyward/contract/routes/endpoint';
import { foldPath } from '@keyward/decision/endpoint-path';
import { newId } from '@keyward/kit/random';
import { findEndpoint, insertEndpoint } from '@keyward/stores/postgres/endpoints';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from './administration.ts';
import { InputCheck } from './input.ts';

interface Registered {
  registered: boolean;
  id?: string;
  method: string;
  path: string;
}

/** Makes an endpoint known by its pattern. An environment that is full says so, and is no error: SDKs ask on every path. */
export async function registerEndpoint(
  { db, clock, maxEndpoints }: Administration,
  { environment, input }: { environment: EnvironmentRow; input: NewEndpoint },
): Promise<Registered> {
  const check = new InputCheck();
  for (const field of ['path', 'name', 'description'] as const) check.text(`/${field}`, input[field]);
  check.metadata('/metadata', input.metadata);
  check.done();
  const method = input.method.toUpperCase();
  const path = foldPath(input.path);
  const known = await findEndpoint(db, environment.id, method, path);
  if (known) return { registered: true, id: known.id, method, path };
  const now = new Date(clock.nowMs());
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
  const id = await insertEndpoint(db, row, maxEndpoints);
  const found = id ?? (await findEndpoint(db, environment.id, method, path))?.id;
  return found === undefined ? { registered: false, method, path } : { registered: true, id: found, method, path };
}
