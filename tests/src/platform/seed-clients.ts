import { newId } from '@keyward/kit/random';
import type { Sessions } from '@keyward/stores/postgres/sessions';

interface Seed {
  environmentId: string;
  organizationId: string;
  clients: number;
  keysPerClient: number;
}

/**
 * Clients with keys that nobody holds, written past the API: their names, times, states and counts differ as those of a grown
 * installation do. A tenth is disabled, a twentieth of the keys is revoked, a tenth has expired, and a template holds a fifth.
 */
export async function seedClients(sessions: Sessions, seed: Seed): Promise<{ templateId: string }> {
  const templateId = newId();
  await sessions.transaction(async (session) => {
    const place = [seed.environmentId, seed.organizationId];
    await session.query(insertTemplate, [templateId, ...place]);
    await session.query(insertClients, [...place, templateId, seed.clients]);
    await session.query(insertKeys, [...place, seed.keysPerClient]);
    await session.query(insertKeyTotals, [seed.environmentId]);
    await session.query(insertClientTotals, [seed.environmentId]);
  });
  return { templateId };
}

const insertTemplate = `
  insert into template (id, environment_id, organization_id, name, rate_limit_hour, created_at)
  values ($1, $2, $3, 'seeded', 1000, now())`;
const insertClients = `
  insert into client (id, environment_id, organization_id, name, type, status, source, ip_whitelist, metadata, template_id,
    tenant, version, created_at, updated_at)
  select gen_random_uuid(), $1, $2, 'customer ' || md5(n::text) || ' ' || n,
    (array['person', 'company', 'service', 'device', 'internal'])[1 + n % 5],
    case when n % 10 = 0 then 'disabled' else 'active' end, 'api', '{}', jsonb_build_object('n', n),
    case when n % 5 = 0 then $3::uuid end, sha256(n::text::bytea), n,
    now() - n * interval '1 minute', now() - n * interval '1 minute'
  from generate_series(1, $4::integer) as n`;
const insertKeys = `
  insert into api_key (id, environment_id, organization_id, client_id, name, prefix, key_prefix, digest, status, scopes,
    allowed_ips, metadata, auto_rotate, expires_at, created_at, updated_at)
  select gen_random_uuid(), $1, $2, client.id, 'key ' || k, 'apikee', 'apikee_' || left(client.id::text, 5),
    sha256((client.id::text || k)::bytea), case when k % 20 = 0 then 'revoked' else 'active' end, '{read,write}', '{}',
    '{}', false, case when (client.version + k) % 10 = 0 then now() - interval '1 day' end,
    client.created_at + k * interval '1 second', client.created_at
  from client, generate_series(1, $3::integer) as k where environment_id = $1`;
const insertKeyTotals = `
  insert into key_total (key_id, environment_id, success, error, last_used_at)
  select id, environment_id, 7, 1, now() from api_key where environment_id = $1`;
const insertClientTotals = `
  insert into client_total (client_id, environment_id, success, error, duration_us)
  select id, environment_id, 70, 10, 100000 from client where environment_id = $1`;
