import { type RawBuilder, sql } from 'kysely';
import type { HeldRecord } from '../ports/projection-store.ts';
import type { Database } from './database.ts';

/** Those of the records that stand for nothing here: neither for a row nor for what is left of one. */
export async function findUnknownRecords(db: Database, held: readonly HeldRecord[]): Promise<HeldRecord[]> {
  const unknown: HeldRecord[] = [];
  for (const [kind, known] of Object.entries(knownByKind)) {
    const records = held.filter((record) => record.kind === kind);
    if (records.length === 0) continue;
    const { rows } = await sql<{ place: number }>`
      select place from unnest(
        ${records.map(environmentOf)}::uuid[], ${records.map(clientOf)}::uuid[], ${records.map(hexOf)}::text[]
      ) with ordinality as given (environment_id, client_id, hex, place) where ${known}`.execute(db);
    const places = new Set(rows.map((row) => row.place - 1));
    unknown.push(...records.filter((_, place) => !places.has(place)));
  }
  return unknown;
}

const digest = sql`decode(given.hex, 'hex')`;
const knownByKind: Record<HeldRecord['kind'], RawBuilder<unknown>> = {
  key: sql`
    exists (
      select from api_key row
      where row.environment_id = given.environment_id and row.digest = ${digest} and row.reach_id is null)
    or exists (select from api_key row where row.reach_id = given.environment_id and row.digest = ${digest})
    or exists (
      select from tombstone row
      where row.environment_id = given.environment_id and row.digest = ${digest} and row.reach_id is null)
    or exists (select from tombstone row where row.reach_id = given.environment_id and row.digest = ${digest})`,
  client: sql`
    exists (select from client row where row.environment_id = given.environment_id and row.id = given.client_id)
    or exists (
      select from tombstone row where row.environment_id = given.environment_id and row.client_id = given.client_id)
    or exists (
      select from tenant row
      where row.environment_id = given.environment_id and row.deleted_client_id = given.client_id)`,
  tenant: sql`exists (
    select from tenant row where row.environment_id = given.environment_id and row.digest = ${digest})`,
  'server-key': sql`exists (select from server_key row where row.digest = ${digest})`,
};

function environmentOf(held: HeldRecord): string {
  return held.kind === 'server-key' ? held.record.environmentId : held.environmentId;
}

function clientOf(held: HeldRecord): string | null {
  return held.kind === 'client' ? held.record.clientId : null;
}

function hexOf(held: HeldRecord): string | null {
  return held.kind === 'client' ? null : Buffer.from(held.digest, 'base64url').toString('hex');
}
