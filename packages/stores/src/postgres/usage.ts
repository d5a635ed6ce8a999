import { type RawBuilder, sql } from 'kysely';
import type { Database } from './database.ts';

/** What ingest has counted, by client, by key and by endpoint. */
export interface Totals {
  success: number;
  error: number;
  durationUs: number;
}

export interface KeyTotals {
  success: number;
  error: number;
  /** Admissions that were tracked. */
  uses: number;
  /** The last of them; null: there was none. */
  lastUsedAt: Date | null;
  /** The last request, whatever came of it. */
  lastAskedAt: Date | null;
}

export async function readClientTotals(db: Database, clientIds: readonly string[]): Promise<Map<string, Totals>> {
  if (clientIds.length === 0) return new Map();
  const rows = await db.selectFrom('client_total').selectAll().where('client_id', 'in', clientIds).execute();
  return new Map(
    rows.map((row) => [row.client_id, { success: row.success, error: row.error, durationUs: row.duration_us }]),
  );
}

/** What each of these keys' rotation families has used, and when the key itself was used and asked with last. */
export function readKeyTotals(db: Database, keyIds: readonly string[]): Promise<Map<string, KeyTotals>> {
  return totalsOf(db, { ids: keyIds, which: sql`id = any(${keyIds}::uuid[])` });
}

/** The same of all keys of these clients. */
export function readTotalsOfKeys(db: Database, clientIds: readonly string[]): Promise<Map<string, KeyTotals>> {
  return totalsOf(db, { ids: clientIds, which: sql`client_id = any(${clientIds}::uuid[])` });
}

async function totalsOf(
  db: Database,
  { ids, which }: { ids: readonly string[]; which: RawBuilder<unknown> },
): Promise<Map<string, KeyTotals>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<KeyTotals & { id: string }>`
    select asked.id, sum(total.success)::float8 as success, sum(total.error)::float8 as error,
      sum(total.success - total.not_uses)::float8 as uses,
      max(total.last_use_at) filter (where total.key_id = asked.id) as "lastUsedAt",
      max(total.last_used_at) filter (where total.key_id = asked.id) as "lastAskedAt"
    from (select id, coalesce(family_id, id) as family_id from api_key where ${which}) asked
    cross join lateral (
      select asked.family_id as id
      union all select id from api_key where family_id = asked.family_id
      union all select key_id from tombstone where family_id = asked.family_id
    ) member
    join key_total total on total.key_id = member.id
    group by asked.id`.execute(db);
  return new Map(rows.map(({ id, ...totals }) => [id, totals]));
}

/** When a rotation family was asked about last, also in vain, as far as it is counted. */
export async function readLastUseOfFamily(db: Database, familyId: string): Promise<Date | undefined> {
  const { rows } = await sql<{ lastUsedAt: Date | null }>`
    select max(last_used_at) as "lastUsedAt" from key_total
    where key_id = ${familyId} or key_id in (
      select id from api_key where family_id = ${familyId}
      union all select key_id from tombstone where family_id = ${familyId}
    )`.execute(db);
  return rows[0]?.lastUsedAt ?? undefined;
}

/** By endpoint (`GET:/users/{id}`). */
export async function readEndpointTotals(
  db: Database,
  environmentId: string,
  endpoints: readonly string[],
): Promise<Map<string, Totals>> {
  if (endpoints.length === 0) return new Map();
  const rows = await db
    .selectFrom('endpoint_total')
    .select([
      'endpoint',
      sql<number>`sum(success)::float8`.as('success'),
      sql<number>`sum(error)::float8`.as('error'),
      sql<number>`sum(duration_us)::float8`.as('durationUs'),
    ])
    .where('environment_id', '=', environmentId)
    .where('endpoint', 'in', endpoints)
    .groupBy('endpoint')
    .execute();
  return new Map(rows.map(({ endpoint, ...totals }) => [endpoint, totals]));
}
