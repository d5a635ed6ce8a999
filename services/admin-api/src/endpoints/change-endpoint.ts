import type { Endpoint, EndpointChange } from '@keyward/contract/routes/endpoint';
import { deleteEndpoint, type EndpointRowChange, updateEndpoint } from '@keyward/stores/postgres/endpoints';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import { InputCheck } from '../input.ts';
import type { Propagation } from '../projection/projector.ts';
import { changeEnvironment } from '../projects/change-environment.ts';
import { unknownEndpoint, viewEndpoint } from './read-endpoints.ts';

interface ChangeOptions {
  environment: EnvironmentRow;
  id: string;
  change: EndpointChange;
}

/** Changes what the body names; from the answer on every validator asks of keys what the endpoint asks. */
export async function changeEndpoint(
  administration: Administration,
  { environment, id, change }: ChangeOptions,
): Promise<{ endpoint: Endpoint; propagation: Propagation }> {
  const check = new InputCheck();
  check.text('/name', change.name);
  check.text('/description', change.description);
  check.done();
  const { made, propagation } = await changeEnvironment(administration, environment, async ({ transaction, now }) => {
    const columns = { ...named(change), updated_at: now };
    const row = await updateEndpoint(transaction, { environmentId: environment.id, id }, columns);
    if (!row) throw unknownEndpoint();
    return row;
  });
  return { endpoint: await viewEndpoint(administration, environment, made), propagation };
}

/** Forgets an endpoint with what it asked of keys; what was counted stays. */
export async function removeEndpoint(
  administration: Administration,
  { environment, id }: Omit<ChangeOptions, 'change'>,
): Promise<Propagation> {
  const { propagation } = await changeEnvironment(administration, environment, async ({ transaction }) => {
    if (!(await deleteEndpoint(transaction, { environmentId: environment.id, id }))) throw unknownEndpoint();
  });
  return propagation;
}

function named({ name, description, enabled, requiredScopes }: EndpointChange): EndpointRowChange {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(requiredScopes === undefined ? {} : { required_scopes: requiredScopes && [...new Set(requiredScopes)] }),
  };
}
