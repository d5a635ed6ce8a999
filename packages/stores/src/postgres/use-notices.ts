import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface UsedKey {
  environmentId: string;
  clientId: string;
  keyId: string;
}

interface Taking {
  now: Date;
  limit: number;
}

/**
 * Takes keys that were used with success for the first time, a bounded number; with the transaction they count as told. A key
 * that registers itself (its id is a UUIDv8) is counted first and registered then, and what came before that is among the `not_uses`: one
 * that is not registered within a day will not be. Nothing here waits for a row, so whoever counts at the same time waits in no circle.
 */
export async function takeFirstUses(transaction: Database, { now, limit }: Taking): Promise<UsedKey[]> {
  const { rows } = await sql<UsedKey>`
    with used as materialized (
      select total.key_id from key_total total
      where not told and success > 0 and (success > not_uses or substr(key_id::text, 15, 1) = '8') and (
        exists (select from api_key where id = total.key_id)
        or last_used_at < ${now}::timestamptz - interval '1 day'
      )
      order by key_id limit ${limit} for update of total skip locked
    ), told as (
      update key_total set told = true from used where key_total.key_id = used.key_id
    )
    select environment_id as "environmentId", client_id as "clientId", id as "keyId"
    from api_key join used on used.key_id = api_key.id`.execute(transaction);
  return rows;
}

export interface RefusedKey extends UsedKey {
  verdict: 'RATE_LIMITED' | 'ABNORMAL_USAGE';
  hour: Date;
}

/**
 * Takes keys that were refused for a limit or for abnormal usage, once for each hour, whenever it is counted; with the
 * transaction they count as told. One replica does so at a time: an hour of a key is several rows, and the first of them tells of all.
 */
export async function takeRefusals(transaction: Database, { limit }: Omit<Taking, 'now'>): Promise<RefusedKey[]> {
  const { rows } = await sql<RefusedKey>`
    with fresh as materialized (
      select environment_id, hour, client_id, key_id, endpoint, verdict from usage_hour
      where not told and verdict in ('RATE_LIMITED', 'ABNORMAL_USAGE') and key_id is not null
      order by hour limit ${limit} for update skip locked
    ), told as (
      update usage_hour row set told = true from fresh
      where row.environment_id = fresh.environment_id and row.hour = fresh.hour and row.client_id = fresh.client_id
        and row.key_id = fresh.key_id and row.endpoint = fresh.endpoint and row.verdict = fresh.verdict
    )
    select distinct environment_id as "environmentId", client_id as "clientId", key_id as "keyId", verdict, hour from fresh
    where not exists (
      select from usage_hour row
      where row.environment_id = fresh.environment_id and row.hour = fresh.hour and row.client_id = fresh.client_id
        and row.key_id = fresh.key_id and row.verdict = fresh.verdict and row.told
    )`.execute(transaction);
  return rows;
}
