import type { Client } from '@keyward/contract/routes/client';
import { type ClientFilter, findClient, listClients } from '@keyward/stores/postgres/clients';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import type { Administration } from '../administration.ts';
import { type Paged, paged } from '../paging.ts';
import { unknownClient } from './change-client.ts';
import { viewClients } from './client-view.ts';

interface ListOptions {
  environment: EnvironmentRow;
  filter: ClientFilter;
  page: number;
  limit: number;
}

export async function readClients(administration: Administration, options: ListOptions): Promise<Paged<Client>> {
  const { environment, filter, page, limit } = options;
  const found = await listClients(administration.db, {
    environmentId: environment.id,
    filter,
    limit,
    offset: (page - 1) * limit,
  });
  return paged({
    data: await viewClients(administration, { environment, rows: found.rows }),
    total: found.total,
    page,
    limit,
  });
}

export async function readClient(
  administration: Administration,
  environment: EnvironmentRow,
  clientId: string,
): Promise<Client> {
  const row = await findClient(administration.db, environment.id, clientId);
  const [client] = row ? await viewClients(administration, { environment, rows: [row] }) : [];
  if (!client) throw unknownClient();
  return client;
}
