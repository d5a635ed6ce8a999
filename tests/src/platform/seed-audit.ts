import type { Sessions } from '@keyward/stores/postgres/sessions';

interface Seed {
  environmentId: string;
  organizationId: string;
  records: number;
}

/**
 * Records of a year, written past the API before those that are there, in a chain whose hashes nobody could verify: lists do not read
 * them. One of 1,000 was denied.
 */
export async function seedAudit(sessions: Sessions, { environmentId, organizationId, records }: Seed): Promise<void> {
  await sessions.transaction(async (session) => {
    await session.query('update audit_event set seq = seq + $2 where organization_id = $1', [organizationId, records]);
    await session.query(insertRecords, [organizationId, environmentId, records]);
    await session.query(insertHead, [organizationId]);
  });
}

const insertRecords = `
  insert into audit_event (organization_id, seq, id, at, actor_kind, actor_id, action, outcome, subject_kind, subject_id,
    environment_id, request_id, diff, diff_hash, hash)
  select $1, n, gen_random_uuid(), now() - ($3::integer - n) * (interval '365 days' / $3::integer) - interval '1 hour', 'user',
    md5('actor' || n % 50)::uuid, (array['key.create', 'key.revoke', 'client.change', 'key.rotate'])[1 + n % 4],
    case when n % 1000 = 0 then 'denied' else 'done' end, 'key', md5('key' || n % 100000)::uuid::text,
    case when n % 3 > 0 then $2::uuid end, gen_random_uuid()::text,
    '{"after":{"name":"key ' || n || '","scopes":["read","write"]}}', sha256('diff'), sha256(n::text::bytea)
  from generate_series(1, $3::integer) as n`;
const insertHead = `
  insert into audit_head (organization_id, seq, hash, latest_at)
  select organization_id, seq, hash, at from audit_event where organization_id = $1 order by seq desc limit 1
  on conflict (organization_id) do update set seq = excluded.seq`;
