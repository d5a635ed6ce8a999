import type { TenantRecord } from '@keyward/contract/projection';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** The names that clients have or had, by their digests; what a locally signed key finds its client by. */
export interface Tenant {
  environmentId: string;
  digest: Buffer;
}

/** Locks a name and gives it its next version; `deletedClient`, at its last version, had it until now. */
export async function raiseTenantVersion(
  db: Database,
  { environmentId, digest, deletedClient }: Tenant & { deletedClient?: { id: string; version: number } },
  now: Date,
): Promise<void> {
  const atLeast = Math.max(now.getTime(), deletedClient?.version ?? 0);
  const deleted = deletedClient && { deleted_client_id: deletedClient.id };
  await db
    .insertInto('tenant')
    .values({ environment_id: environmentId, digest, version: atLeast, deleted_client_id: null, ...deleted })
    .onConflict((conflict) =>
      conflict.columns(['environment_id', 'digest']).doUpdateSet({
        version: sql<number>`greatest(tenant.version + 1, ${atLeast}::bigint)`,
        ...deleted,
      }),
    )
    .execute();
}

/** Locks these names, as far as anybody ever had them, until the transaction ends. */
export async function lockTenants(db: Database, environmentId: string, digests: readonly Buffer[]): Promise<void> {
  if (digests.length === 0) return;
  await db
    .selectFrom('tenant')
    .select('digest')
    .where('environment_id', '=', environmentId)
    .where('digest', 'in', digests)
    .orderBy('digest')
    .forUpdate()
    .execute();
}

/** The clients of this name. */
export async function listNamesakes(db: Database, { environmentId, digest }: Tenant): Promise<string[]> {
  const rows = await db
    .selectFrom('client')
    .select('id')
    .where('environment_id', '=', environmentId)
    .where('tenant', '=', digest)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}

/** The record of a name; its version is read before what it stands for. Undefined: nobody ever had it. */
export async function readTenantProjection(db: Database, tenant: Tenant): Promise<TenantRecord | undefined> {
  const row = await db
    .selectFrom('tenant')
    .select(['version', 'deleted_client_id'])
    .where('environment_id', '=', tenant.environmentId)
    .where('digest', '=', tenant.digest)
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    version: row.version,
    clientIds: (await listNamesakes(db, tenant)).slice(0, 2),
    ...(row.deleted_client_id === null ? {} : { deletedClientId: row.deleted_client_id }),
  };
}

/** The digests of an environment's names, in order, after `after`. */
export async function listTenantsAfter(
  db: Database,
  environmentId: string,
  after: Buffer,
  limit: number,
): Promise<Buffer[]> {
  const rows = await db
    .selectFrom('tenant')
    .select('digest')
    .where('environment_id', '=', environmentId)
    .where('digest', '>', after)
    .orderBy('digest')
    .limit(limit)
    .execute();
  return rows.map((row) => Buffer.from(row.digest));
}
