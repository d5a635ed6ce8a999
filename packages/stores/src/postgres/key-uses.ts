import { sql } from 'kysely';
import type { KeyUses } from '../ports/decision-store.ts';
import type { Database } from './database.ts';

/**
 * By client and registered key: the uses that ingest has counted, but for those that came by the outbox of the client's present
 * incarnation. A key that had none is not in the answer. Each key is a rotation family of its own.
 * @param clients with what their shards hold now.
 */
export async function readUsesBefore(
  db: Database,
  clients: readonly { clientId: string; incarnation: string }[],
): Promise<Map<string, Map<string, KeyUses>>> {
  const { rows } = await sql<{ client_id: string; key_id: string; count: number; last_use_at: Date }>`
    select api_key.client_id, key_id, last_use_at,
      (success - not_uses - case when key_total.incarnation = held.incarnation then uses_since else 0 end)::float8 as count
    from unnest(${clients.map(({ clientId }) => clientId)}::uuid[], ${clients.map((each) => each.incarnation)}::text[])
      as held (client_id, incarnation)
    join api_key on api_key.client_id = held.client_id
    join key_total on key_total.key_id = api_key.id
    where last_use_at is not null`.execute(db);
  const uses = new Map<string, Map<string, KeyUses>>();
  for (const { client_id, key_id, count, last_use_at } of rows) {
    const ofClient = uses.get(client_id) ?? new Map<string, KeyUses>();
    uses.set(client_id, ofClient.set(key_id, { count, lastAtMs: last_use_at.getTime() }));
  }
  return uses;
}
