import { type Kysely, sql } from 'kysely';

/** Keys as a resource of their own: rotation, import, reach, and the receipts of what was erased. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table client add column is_hidden boolean not null default false',
  // No reference to the first key of a family: it may be deleted, and its totals stay.
  `create table key_import (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    name text not null,
    hash text not null check (hash in ('sha256', 'hmac-sha256')),
    sealed bytea,
    prefixes text[] not null,
    created_at timestamptz not null,
    check ((hash = 'hmac-sha256') = (sealed is not null)),
    foreign key (organization_id, environment_id) references environment (organization_id, id) on delete cascade
  )`,
  'create index key_import_environment on key_import (environment_id, created_at desc, id desc)',
  `alter table api_key
    add column family_id uuid,
    add column predecessor_id uuid references api_key on delete set null,
    add column product_id uuid,
    add column import_id uuid references key_import,
    add column reach text not null default 'environment' check (reach in ('environment', 'project', 'organization')),
    add column reach_id uuid,
    add foreign key (organization_id, product_id) references product (organization_id, id),
    add constraint api_key_reach check ((reach = 'environment') = (reach_id is null))`,
  // A key that is known in several environments outlives the one that it was made in.
  `alter table api_key
    drop constraint api_key_organization_id_environment_id_client_id_fkey,
    add foreign key (organization_id, environment_id, client_id)
      references client (organization_id, environment_id, id) on delete cascade on update cascade`,
  'create unique index api_key_reach_digest on api_key (reach_id, digest) where reach_id is not null',
  'create index api_key_reach_created on api_key (reach_id, created_at desc, id desc) where reach_id is not null',
  `create index api_key_stopped on api_key (environment_id, status, created_at desc, id desc) where status <> 'active'`,
  `create index api_key_expiry on api_key (environment_id, least(expires_at, claimed_expires_at))
    where least(expires_at, claimed_expires_at) is not null`,
  'create index api_key_hint on api_key (environment_id, key_prefix text_pattern_ops)',
  'create index api_key_name on api_key (environment_id, name)',
  'create index api_key_family on api_key (family_id) where family_id is not null',
  'create index api_key_predecessor on api_key (predecessor_id) where predecessor_id is not null',
  'create index api_key_product on api_key (product_id, created_at desc, id desc) where product_id is not null',
  'create index api_key_import on api_key (import_id) where import_id is not null',
  `create index api_key_auto_rotate on api_key (least(expires_at, claimed_expires_at))
    where auto_rotate and status = 'active'`,
  'alter table tombstone add column family_id uuid, add column reach_id uuid',
  'create index tombstone_key on tombstone (key_id)',
  'create index tombstone_family on tombstone (family_id) where family_id is not null',
  'create index tombstone_reach on tombstone (reach_id, digest) where reach_id is not null',
  `create table key_rotation (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    client_id uuid not null,
    key_id uuid not null unique references api_key on delete cascade,
    successor_id uuid references api_key on delete set null,
    created_at timestamptz not null,
    claimed_at timestamptz,
    foreign key (organization_id, environment_id, client_id)
      references client (organization_id, environment_id, id) on delete cascade on update cascade
  )`,
  'create index key_rotation_client on key_rotation (client_id, created_at desc, id desc)',
  // What the peppers are recognised by that digests were made with; empty as long as there is one alone.
  `create table pepper_wrap (
    number integer primary key,
    mark bytea not null,
    wrapped_at timestamptz not null
  )`,
  // Receipts outlive what they tell of; they hold ids and numbers only.
  `create table erasure_receipt (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    client_id uuid not null,
    key_id uuid,
    requested_at timestamptz not null,
    completed_at timestamptz,
    audit_records bigint not null,
    sightings bigint not null,
    log_lines bigint not null default 0,
    dead_letters bigint not null default 0
  )`,
  'create index erasure_receipt_due on erasure_receipt (requested_at) where completed_at is null',
  'create index erasure_receipt_client on erasure_receipt (client_id)',
  'create index erasure_receipt_key on erasure_receipt (key_id) where key_id is not null',
];
