import type { Endpoint } from '@keyward/contract/routes/endpoint';
import { AppError } from '@keyward/kit/app-error';
import { type EndpointFilter, type EndpointRow, findEndpoint, listEndpoints } from '@keyward/stores/postgres/endpoints';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { readEndpointTotals } from '@keyward/stores/postgres/usage';
import type { Administration } from '../administration.ts';
import { type Paged, paged } from '../paging.ts';
import { viewStats } from '../reports/stats-view.ts';

interface ListOptions {
  environment: EnvironmentRow;
  filter: EndpointFilter;
  page: number;
  limit: number;
}

export async function readEndpoints(
  { db }: Administration,
  { environment, filter, page, limit }: ListOptions,
): Promise<Paged<Endpoint>> {
  const offset = (page - 1) * limit;
  const { total, rows } = await listEndpoints(db, { environmentId: environment.id, filter, limit, offset });
  return paged({ data: await viewEndpoints({ db }, environment, rows), total, page, limit });
}

export async function readEndpoint(
  { db }: Pick<Administration, 'db'>,
  environment: EnvironmentRow,
  id: string,
): Promise<Endpoint> {
  const row = await findEndpoint(db, { environmentId: environment.id, id });
  if (!row) throw unknownEndpoint();
  return viewEndpoint({ db }, environment, row);
}

export async function viewEndpoint(
  { db }: Pick<Administration, 'db'>,
  environment: EnvironmentRow,
  row: EndpointRow,
): Promise<Endpoint> {
  const [endpoint] = await viewEndpoints({ db }, environment, [row]);
  if (!endpoint) throw unknownEndpoint();
  return endpoint;
}

export function unknownEndpoint(): AppError {
  return new AppError('NOT_FOUND', 'There is no such endpoint.');
}

/** Endpoints as the API shows them, with what ingest has counted of the requests that fold into them. */
async function viewEndpoints(
  { db }: Pick<Administration, 'db'>,
  environment: EnvironmentRow,
  rows: readonly EndpointRow[],
): Promise<Endpoint[]> {
  const totals = await readEndpointTotals(db, environment.id, rows.map(countedAs));
  return rows.map((row) => ({
    id: row.id,
    method: row.method,
    path: row.path,
    name: row.name,
    description: row.description,
    enabled: row.enabled,
    requiredScopes: row.required_scopes,
    metadata: row.metadata,
    envId: row.environment_id,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    stats: viewStats(totals.get(countedAs(row))),
  }));
}

function countedAs({ method, path }: EndpointRow): string {
  return `${method}:${path}`;
}
