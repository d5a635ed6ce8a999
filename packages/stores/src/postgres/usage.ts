import { sql } from 'kysely';
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
  lastUsedAt: Date | null;
}

export async function readClientTotals(db: Database, clientIds: readonly string[]): Promise<Map<string, Totals>> {
  if (clientIds.length === 0) return new Map();
  const rows = await db.selectFrom('client_total').selectAll().where('client_id', 'in', clientIds).execute();
  return new Map(
    rows.map((row) => [row.client_id, { success: row.success, error: row.error, durationUs: row.duration_us }]),
  );
}

export async function readKeyTotals(db: Database, keyIds: readonly string[]): Promise<Map<string, KeyTotals>> {
  if (keyIds.length === 0) return new Map();
  const rows = await db.selectFrom('key_total').selectAll().where('key_id', 'in', keyIds).execute();
  return new Map(
    rows.map((row) => [row.key_id, { success: row.success, error: row.error, lastUsedAt: row.last_used_at }]),
  );
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
