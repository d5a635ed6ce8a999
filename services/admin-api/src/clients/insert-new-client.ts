import type { NewClient } from '@keyward/contract/routes/client';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { AppError } from '@keyward/kit/app-error';
import { newId } from '@keyward/kit/random';
import { type ClientRow, insertClients } from '@keyward/stores/postgres/clients';
import type { Database } from '@keyward/stores/postgres/database';
import { type EnvironmentRow, keepEnvironment } from '@keyward/stores/postgres/projects';

export interface NewClientOptions {
  environment: EnvironmentRow;
  input: NewClient;
  source: 'api' | 'sdk';
  now: Date;
}

/** Inserts a client; one that validators know already, because they derived it, has its id and version from there. */
export async function insertNewClient(
  transaction: Database,
  { environment, input, source, now }: NewClientOptions,
  known: Partial<Pick<ClientRow, 'id' | 'version'>> = {},
): Promise<ClientRow> {
  await requireEnvironment(transaction, environment.id);
  const tenant = tenantDigest(environment.id, input.name);
  const row = { ...newClientRow({ environment, input, source, now }), tenant, ...known };
  await insertClientRows(transaction, [row]);
  return row;
}

/** Inserts a client for each of these keys alone. Nobody finds it by a name: two keys may well be called the same. */
export async function insertHiddenClients(
  transaction: Database,
  { environment, names, now }: { environment: EnvironmentRow; names: readonly string[]; now: Date },
): Promise<ClientRow[]> {
  if (names.length > 0) await requireEnvironment(transaction, environment.id);
  const rows = names.map((name) => {
    const row = newClientRow({ environment, input: { name }, source: 'api', now });
    return { ...row, tenant: tenantDigest(environment.id, row.id), is_hidden: true };
  });
  await insertClientRows(transaction, rows);
  return rows;
}

/** It is not deleted before the transaction ends. */
async function requireEnvironment(transaction: Database, environmentId: string): Promise<void> {
  if (!(await keepEnvironment(transaction, environmentId)))
    throw new AppError('NOT_FOUND', 'There is no such environment.');
}

function newClientRow({ environment, input, source, now }: NewClientOptions): Omit<ClientRow, 'tenant'> {
  return {
    id: newId(),
    organization_id: environment.organization_id,
    environment_id: environment.id,
    name: input.name,
    type: input.type ?? 'service',
    status: 'active',
    source,
    ip_whitelist: input.ipWhitelist ?? [],
    metadata: input.metadata ?? {},
    template_id: input.templateId?.toLowerCase() ?? null,
    is_hidden: false,
    version: now.getTime(),
    created_at: now,
    updated_at: now,
  };
}

function insertClientRows(transaction: Database, rows: readonly ClientRow[]): Promise<void> {
  return insertClients(
    transaction,
    rows.map((row) => ({ ...row, metadata: JSON.stringify(row.metadata) })),
  );
}
