import type { NewClient } from '@keyward/contract/routes/client';
import { tenantDigest } from '@keyward/keyformat/tenant-digest';
import { AppError } from '@keyward/kit/app-error';
import { newId } from '@keyward/kit/random';
import { type ClientRow, insertClient } from '@keyward/stores/postgres/clients';
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
  const environmentId = environment.id;
  if (!(await keepEnvironment(transaction, environmentId)))
    throw new AppError('NOT_FOUND', 'There is no such environment.');
  const row = {
    id: newId(),
    organization_id: environment.organization_id,
    environment_id: environmentId,
    name: input.name,
    type: input.type ?? 'service',
    status: 'active',
    source,
    ip_whitelist: input.ipWhitelist ?? [],
    template_id: input.templateId ?? null,
    tenant: tenantDigest(environmentId, input.name),
    version: now.getTime(),
    created_at: now,
    updated_at: now,
    ...known,
  } as const;
  const metadata = input.metadata ?? {};
  await insertClient(transaction, { ...row, metadata: JSON.stringify(metadata) });
  return { ...row, metadata };
}
