import { type Kysely, sql } from 'kysely';

/** Where events are sent to, and what became of them; and which of the events that come by use and by time were told. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const expiry = 'least(expires_at, claimed_expires_at)';

const statements = [
  `create table webhook (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    url text not null,
    description text,
    events text[] not null,
    enabled boolean not null,
    disabled_reason text check (disabled_reason in ('failing', 'gone')),
    failing_since timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    foreign key (organization_id, environment_id) references environment (organization_id, id) on delete cascade
  )`,
  'create index webhook_created on webhook (environment_id, created_at desc, id desc)',
  `create table webhook_secret (
    id uuid primary key,
    webhook_id uuid not null references webhook on delete cascade,
    sealed bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz
  )`,
  'create index webhook_secret_webhook on webhook_secret (webhook_id)',
  `create table webhook_event (
    id uuid primary key,
    environment_id uuid not null references environment on delete cascade,
    type text not null,
    payload text not null,
    created_at timestamptz not null
  )`,
  'create index webhook_event_created on webhook_event (created_at)',
  'create index webhook_event_environment on webhook_event (environment_id)',
  // In the order of its primary key a webhook's deliveries are in the order of time: ids of events are UUIDv7.
  `create table webhook_delivery (
    webhook_id uuid not null references webhook on delete cascade,
    event_id uuid not null references webhook_event on delete cascade,
    status text not null check (status in ('pending', 'delivered', 'failed', 'dead')),
    attempts integer not null default 0,
    next_attempt_at timestamptz,
    lease uuid,
    last_attempt_at timestamptz,
    last_status integer,
    last_fault text,
    primary key (webhook_id, event_id)
  )`,
  'create index webhook_delivery_event on webhook_delivery (event_id)',
  'create index webhook_delivery_status on webhook_delivery (webhook_id, status, event_id)',
  `create index webhook_delivery_due on webhook_delivery (webhook_id, next_attempt_at) where status in ('pending', 'failed')`,
  // How far the notices of a key's expiry have come, and of which expiry: one that is set anew is told of anew.
  'alter table api_key add column notice_of timestamptz, add column notice_stage smallint not null default 0',
  `update api_key set notice_of = ${expiry}, notice_stage = 3 where ${expiry} <= now()`,
  // Keys that still have an expiry to be told of, and no others: those that are through leave the index.
  `create index api_key_expiring on api_key ((${expiry}))
    where status <> 'revoked' and ${expiry} is not null and (notice_of is distinct from ${expiry} or notice_stage < 3)`,
  // What was counted before is told of to nobody.
  'alter table key_total add column told boolean not null default true',
  'alter table key_total alter column told set default false',
  'create index key_total_untold on key_total (key_id) where not told',
  'alter table usage_hour add column told boolean not null default true',
  'alter table usage_hour alter column told set default false',
  // No column of it is changed by counting, so that rows are counted up without touching an index.
  `create index usage_hour_untold on usage_hour (hour)
    where not told and verdict in ('RATE_LIMITED', 'ABNORMAL_USAGE') and key_id is not null`,
];
