import type { TenantRecord } from '@keyward/contract/projection';
import { sql } from 'kysely';
import type { Database } from './database.ts';

/** The names that clients have or had, by their digests; what a locally signed key finds its client by. */
export interface Tenant {
  environmentId: string;
  digest: Buffer;
}

/** Gives a name its next version; `deletedClient`, at its last version, had it until now. */
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

/** Gives these names their next version, as to somebody who changed them all. */
export async function raiseTenantVersions(
  db: Database,
  environmentId: string,
  { digests, now }: { digests: readonly Buffer[]; now: Date },
): Promise<void> {
  if (digests.length === 0) return;
  await db
    .updateTable('tenant')
    .set({ version: sql<number>`greatest(version + 1, ${now.getTime()}::bigint)` })
    .where('environment_id', '=', environmentId)
    .where('digest', 'in', digests)
    .execute();
}

/**
 * One transaction at a time for each of these names, also those that nobody ever had. Whoever changes names locks all of them
 * with one call, before any client, so that no two wait for each other.
 */
export async function lockTenants(db: Database, environmentId: string, digests: readonly Buffer[]): Promise<void> {
  const names = digests.map((digest) => `${environmentId}:${digest.toString('hex')}`);
  await sql`
    select pg_advisory_xact_lock(lock) from (
      select distinct hashtextextended(name, 0) as lock from unnest(${names}::text[]) as name order by lock
    ) locks`.execute(db);
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

/** The records of these names; a version is read before what it stands for. A name that nobody ever had is not in it. */
export async function readTenantProjections(
  db: Database,
  environmentId: string,
  digests: readonly Buffer[],
): Promise<{ digest: Buffer; record: TenantRecord }[]> {
  if (digests.length === 0) return [];
  const rows = await db
    .selectFrom('tenant')
    .select(['digest', 'version', 'deleted_client_id'])
    .where('environment_id', '=', environmentId)
    .where('digest', 'in', digests)
    .execute();
  const namesakes = await db
    .selectFrom('client')
    .select(['id', 'tenant'])
    .where('environment_id', '=', environmentId)
    .where('tenant', 'in', digests)
    .orderBy('id')
    .execute();
  const byName = Map.groupBy(namesakes, ({ tenant }) => textOf(tenant));
  return rows.map(({ digest, version, deleted_client_id }) => {
    const clientIds = (byName.get(textOf(digest)) ?? []).slice(0, 2).map(({ id }) => id);
    const deleted = deleted_client_id === null ? {} : { deletedClientId: deleted_client_id };
    return { digest: Buffer.from(digest), record: { version, clientIds, ...deleted } };
  });
}

const textOf = (digest: Uint8Array) => Buffer.from(digest).toString('base64url');

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
