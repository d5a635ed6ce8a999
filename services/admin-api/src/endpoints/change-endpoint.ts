import type { Removed } from '@keyward/contract/fields';
import { Endpoint, type EndpointChange } from '@keyward/contract/routes/endpoint';
import { deleteEndpoint, type EndpointRowChange, updateEndpoint } from '@keyward/stores/postgres/endpoints';
import type { Administration } from '../administration.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import type { EnvironmentChangeCall } from '../changes/make-change.ts';
import { done, type Outcome, removed } from '../changes/outcome.ts';
import { changeEnvironment } from '../projects/change-environment.ts';
import { readEndpoint, unknownEndpoint, viewEndpoint } from './read-endpoints.ts';

/** Changes what the body names; from the answer on every validator asks of keys what the endpoint asks. */
export async function changeEndpoint(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, change }: { id: string; change: EndpointChange },
): Promise<Outcome<Endpoint>> {
  const { environment } = call;
  return changeEnvironment(administration, call, async ({ transaction: db, now }, { record }) => {
    const before = await readEndpoint({ db }, environment, id);
    requireMatch(call.ifMatch, etagOf(Endpoint, before));
    const columns = { ...named(change), updated_at: now };
    const row = await updateEndpoint(db, { environmentId: environment.id, id }, columns);
    if (!row) throw unknownEndpoint();
    const after = await viewEndpoint({ db }, environment, row);
    record({ action: 'endpoint.change', subject: { kind: 'endpoint', id: row.id }, before, after });
    return done(after);
  });
}

/** Forgets an endpoint with what it asked of keys; what was counted stays. */
export async function removeEndpoint(
  administration: Administration,
  call: EnvironmentChangeCall,
  id: string,
): Promise<Outcome<Removed>> {
  const { environment } = call;
  return changeEnvironment(administration, call, async ({ transaction: db }, { record }) => {
    const before = await readEndpoint({ db }, environment, id);
    requireMatch(call.ifMatch, etagOf(Endpoint, before));
    await deleteEndpoint(db, { environmentId: environment.id, id });
    record({ action: 'endpoint.delete', subject: { kind: 'endpoint', id: before.id }, before });
    return removed;
  });
}

function named({ name, description, enabled, requiredScopes }: EndpointChange): EndpointRowChange {
  return {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(requiredScopes === undefined ? {} : { required_scopes: requiredScopes && [...new Set(requiredScopes)] }),
  };
}
