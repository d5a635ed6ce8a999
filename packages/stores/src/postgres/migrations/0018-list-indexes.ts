import { type Kysely, sql } from 'kysely';

/**
 * Indexes that answer long lists without reading the tables, and what the audit's needs to find a time in a chain. Nothing can be
 * written to a table while its indexes are built; who cannot wait so long builds them before, concurrently and by these names
 * (docs/upgrading.md). The tables are locked in the order in which changes write them, so that none waits for the migration and it for them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const endsAt = 'least(expires_at, claimed_expires_at)';

const statements = [
  // Beside the order of the list stands what it is filtered by.
  `create index if not exists client_listed on client (environment_id, created_at desc, id desc)
    include (is_hidden, status, type, template_id)`,
  // The same few values over and over, which a B-tree stores once each: 100,000 clients are counted in 90 pages.
  'create index if not exists client_counted on client (environment_id, is_hidden, status, type, template_id)',
  `create index if not exists api_key_listed on api_key (environment_id, created_at desc, id desc)
    include (status, expires_at, claimed_expires_at) where reach_id is null`,
  `create index if not exists api_key_listed_stopped on api_key (environment_id, status, created_at desc, id desc)
    include (expires_at, claimed_expires_at) where status <> 'active' and reach_id is null`,
  `create index if not exists api_key_listed_ending on api_key (environment_id, ${endsAt}, created_at desc, id desc)
    include (status, expires_at, claimed_expires_at) where ${endsAt} is not null and reach_id is null`,
  // Without it Postgres takes a third of all keys to have expired at any time.
  `create statistics if not exists api_key_ending on (${endsAt}) from api_key`,
  'analyze api_key',
  'alter table audit_head add column latest_at timestamptz, add column lag_ms bigint not null default 0',
  'create index if not exists audit_event_time on audit_event (organization_id, at, seq)',
  `create index if not exists audit_event_denied on audit_event (organization_id, seq) where outcome = 'denied'`,
  `update audit_head set latest_at = chain.latest_at, lag_ms = chain.lag_ms from (
    select organization_id, max(at) as latest_at, ceil(max(extract(epoch from so_far - at)) * 1000) as lag_ms
    from (
      select organization_id, at, max(at) over (partition by organization_id order by seq) as so_far from audit_event
    ) as record group by organization_id
  ) as chain where chain.organization_id = audit_head.organization_id`,
];
