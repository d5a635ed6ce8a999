import { sql } from 'kysely';

/** Which key of these clients is of which rotation family: `key_id`, `client_id`, `family_id`; a deleted one as long as its family lives. */
export function familyMembers(clientIds: readonly string[]) {
  return sql`
    select id as key_id, client_id, coalesce(family_id, id) as family_id from api_key
    where client_id = any(${clientIds}::uuid[])
    union all
    select key_id, client_id, coalesce(family_id, key_id) from tombstone
    where client_id = any(${clientIds}::uuid[]) and exists (
      select from api_key living where living.client_id = tombstone.client_id
        and coalesce(living.family_id, living.id) = coalesce(tombstone.family_id, tombstone.key_id))`;
}
