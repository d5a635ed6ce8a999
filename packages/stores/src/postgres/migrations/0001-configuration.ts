import { type Kysely, sql } from 'kysely';

/** Tenants, projects, keys: everything that the management API writes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table organization (
    id uuid primary key,
    name text not null,
    created_at timestamptz not null
  )`,
  `create table "user" (
    id uuid primary key,
    email text not null,
    password_hash text not null,
    created_at timestamptz not null
  )`,
  `create unique index user_email on "user" (lower(email))`,
  `create table member (
    organization_id uuid not null references organization on delete cascade,
    user_id uuid not null references "user" on delete cascade,
    role text not null check (role in ('owner', 'admin', 'developer', 'viewer')),
    created_at timestamptz not null,
    primary key (organization_id, user_id)
  )`,
  'create index member_user on member (user_id)',
  `create table account_key (
    id uuid primary key,
    user_id uuid not null references "user" on delete cascade,
    description text,
    digest bytea not null unique,
    expires_at timestamptz,
    created_at timestamptz not null
  )`,
  'create index account_key_user on account_key (user_id)',
  `create table project (
    id uuid primary key,
    organization_id uuid not null references organization,
    slug text not null,
    name text not null,
    description text,
    metadata jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (organization_id, id)
  )`,
  'create index project_created on project (organization_id, created_at desc, id desc)',
  `create table reserved_name (
    organization_id uuid not null,
    name text not null,
    project_id uuid not null,
    primary key (organization_id, name),
    foreign key (organization_id, project_id) references project (organization_id, id) on delete cascade
  )`,
  `create table environment (
    id uuid primary key,
    organization_id uuid not null,
    project_id uuid not null,
    type text not null,
    project_env text not null,
    url text,
    status text not null check (status in ('active', 'disabled')),
    metadata jsonb not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (organization_id, id),
    unique (organization_id, project_env),
    foreign key (organization_id, project_id) references project (organization_id, id) on delete cascade
  )`,
  'create index environment_project on environment (project_id)',
  `create table signing_secret (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    sealed bytea not null,
    created_at timestamptz not null,
    foreign key (organization_id, environment_id) references environment (organization_id, id) on delete cascade
  )`,
  'create index signing_secret_environment on signing_secret (environment_id)',
  `create table template (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    name text not null,
    rate_limit_hour bigint,
    rate_limit_day bigint,
    rate_limit_week bigint,
    rate_limit_month bigint,
    max_clients bigint,
    created_at timestamptz not null,
    unique (environment_id, id),
    unique (environment_id, name),
    foreign key (organization_id, environment_id) references environment (organization_id, id) on delete cascade
  )`,
  `create table server_key (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    name text not null,
    key_prefix text not null,
    digest bytea not null unique,
    status text not null check (status in ('active', 'revoked')),
    created_at timestamptz not null,
    foreign key (organization_id, environment_id) references environment (organization_id, id) on delete cascade
  )`,
  'create index server_key_environment on server_key (environment_id)',
  `create table client (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    name text not null,
    type text not null,
    status text not null check (status in ('active', 'disabled')),
    source text not null check (source in ('api', 'sdk')),
    ip_whitelist text[] not null,
    metadata jsonb not null,
    template_id uuid,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (organization_id, environment_id, id),
    foreign key (organization_id, environment_id) references environment (organization_id, id) on delete cascade,
    foreign key (environment_id, template_id) references template (environment_id, id)
  )`,
  'create index client_created on client (environment_id, created_at desc, id desc)',
  'create index client_name on client (environment_id, name)',
  `create table api_key (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    client_id uuid not null,
    name text not null,
    prefix text not null,
    key_prefix text not null,
    digest bytea not null,
    status text not null check (status in ('active', 'revoked', 'disabled')),
    scopes text[] not null,
    allowed_ips text[] not null,
    metadata jsonb not null,
    auto_rotate boolean not null,
    not_before timestamptz,
    expires_at timestamptz,
    claimed_expires_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (environment_id, digest),
    foreign key (organization_id, environment_id, client_id) references client (organization_id, environment_id, id) on delete cascade
  )`,
  'create index api_key_client on api_key (client_id)',
  `create table endpoint (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    method text not null,
    path text not null,
    name text not null,
    description text,
    metadata jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (environment_id, method, path),
    foreign key (organization_id, environment_id) references environment (organization_id, id) on delete cascade
  )`,
  `create table tombstone (
    environment_id uuid not null,
    digest bytea not null,
    organization_id uuid not null,
    client_id uuid not null,
    key_id uuid not null,
    version bigint not null,
    created_at timestamptz not null,
    primary key (environment_id, digest),
    foreign key (organization_id, environment_id) references environment (organization_id, id) on delete cascade
  )`,
  'create index tombstone_client on tombstone (client_id)',
  `create table config_outbox (
    id uuid primary key,
    environment_id uuid not null,
    client_id uuid,
    created_at timestamptz not null
  )`,
  `create table envelope_seen (
    environment_id uuid not null references environment on delete cascade,
    replay_id text not null,
    seen_at timestamptz not null,
    primary key (environment_id, replay_id)
  )`,
];
