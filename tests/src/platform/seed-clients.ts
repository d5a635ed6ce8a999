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
 * installation do. A tenth is disabled, and a template holds a fifth; of the keys a twentieth is revoked, a fiftieth disabled, a
 * tenth has expired and another will, a tenth was never used, and the others were used last some time in the last 400 days.
 * There is nothing in it that a webhook would have to be told of: that work would be measured as well.
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

/** Ids in the order of time, as ours are (UUIDv7): what is near in one index is so in another. */
const idOf = (time: string) =>
  `(lpad(to_hex((extract(epoch from ${time}) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3) ||
    '8' || substr(md5(random()::text), 1, 15))::uuid`;
const insertTemplate = `
  insert into template (id, environment_id, organization_id, name, rate_limit_hour, created_at)
  values ($1, $2, $3, 'seeded', 1000, now())`;
const insertClients = `
  insert into client (id, environment_id, organization_id, name, type, status, source, ip_whitelist, metadata, template_id,
    tenant, version, created_at, updated_at)
  select ${idOf("now() - n * interval '1 minute'")}, $1, $2, 'customer ' || md5(n::text) || ' ' || n,
    (array['person', 'company', 'service', 'device', 'internal'])[1 + n % 5],
    case when n % 10 = 0 then 'disabled' else 'active' end, 'api', '{}', jsonb_build_object('n', n),
    case when n / 10 % 5 = 0 then $3::uuid end, sha256(n::text::bytea), n,
    now() - n * interval '1 minute', now() - n * interval '1 minute'
  from generate_series($4::integer, 1, -1) as n`;
const insertKeys = `
  insert into api_key (id, environment_id, organization_id, client_id, name, prefix, key_prefix, digest, status, scopes,
    allowed_ips, metadata, auto_rotate, expires_at, notice_of, notice_stage, created_at, updated_at)
  select ${idOf("client.created_at + k * interval '1 second'")}, $1, $2, client.id, 'key ' || k, 'apikee',
    'apikee_' || left(md5(number::text), 5), sha256((client.id::text || k)::bytea),
    case when number % 20 = 3 then 'revoked' when number % 50 = 7 then 'disabled' else 'active' end, '{read,write}', '{}',
    '{}', false, ends_at, ends_at, 3, client.created_at + k * interval '1 second', client.created_at
  from client, generate_series(1, $3::integer) as k, lateral (select version * $3 + k as number) as numbered,
    lateral (select now() + case number % 10 when 0 then -number % 365 - 1 when 1 then number % 365 + 1 end
      * interval '1 day' as ends_at) as ending
  where environment_id = $1
  order by client.created_at, k`;
const insertKeyTotals = `
  insert into key_total (key_id, environment_id, success, error, last_used_at, last_use_at, told)
  select id, environment_id, 7, 1, used_at, used_at, true
  from (select *, row_number() over (order by id) as number from api_key where environment_id = $1) as numbered,
    lateral (select now() - number % 400 * interval '1 day' as used_at) as used
  where number % 10 <> 5`;
const insertClientTotals = `
  insert into client_total (client_id, environment_id, success, error, duration_us)
  select id, environment_id, 70, 10, 100000 from client where environment_id = $1`;
