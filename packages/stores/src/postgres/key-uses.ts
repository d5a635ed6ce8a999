import { sql } from 'kysely';
import type { KeyUses } from '../ports/decision-store.ts';
import type { Database } from './database.ts';
import { familyMembers } from './family-members.ts';

/**
 * By client and rotation family of registered keys: the uses that ingest has counted, but for those that came by the outbox of the
 * client's present incarnation. A family that had none is not in the answer.
 * @param clients with what their shards hold now.
 */
export async function readUsesBefore(
  db: Database,
  clients: readonly { clientId: string; incarnation: string }[],
): Promise<Map<string, Map<string, KeyUses>>> {
  const clientIds = clients.map(({ clientId }) => clientId);
  const { rows } = await sql<{ client_id: string; family_id: string; count: number; last_use_at: Date }>`
    select member.client_id, family_id, max(last_use_at) as last_use_at,
      sum(success - not_uses - case when total.incarnation = held.incarnation then uses_since else 0 end)::float8 as count
    from unnest(${clientIds}::uuid[], ${clients.map((each) => each.incarnation)}::text[]) as held (client_id, incarnation)
    join (${familyMembers(clientIds)}) member on member.client_id = held.client_id
    join key_total total on total.key_id = member.key_id
    where last_use_at is not null
    group by member.client_id, family_id`.execute(db);
  const uses = new Map<string, Map<string, KeyUses>>();
  for (const { client_id, family_id, count, last_use_at } of rows) {
    const ofClient = uses.get(client_id) ?? new Map<string, KeyUses>();
    uses.set(client_id, ofClient.set(family_id, { count, lastAtMs: last_use_at.getTime() }));
  }
  return uses;
}
