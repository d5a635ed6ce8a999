import { type Kysely, sql } from 'kysely';

/** What every change leaves behind: its audit records in a chain of hashes, and the answer to a repeated create. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // No reference to the organization: the records outlive it.
  `create table audit_event (
    organization_id uuid not null,
    seq bigint not null,
    id uuid not null,
    at timestamptz not null,
    actor_kind text not null,
    actor_id uuid,
    action text not null,
    outcome text not null check (outcome in ('done', 'denied')),
    subject_kind text not null,
    subject_id text,
    environment_id uuid,
    request_id text not null,
    diff text,
    diff_hash bytea not null,
    hash bytea not null,
    primary key (organization_id, seq)
  )`,
  'create index audit_event_subject on audit_event (organization_id, subject_id, seq)',
  'create index audit_event_actor on audit_event (organization_id, actor_id, seq)',
  'create index audit_event_action on audit_event (organization_id, action, seq)',
  'create index audit_event_environment on audit_event (organization_id, environment_id, seq)',
  `create table audit_head (
    organization_id uuid primary key,
    seq bigint not null,
    hash bytea not null
  )`,
  `create table idempotent_answer (
    actor_id uuid not null,
    key text not null,
    fingerprint bytea not null,
    status integer,
    sealed bytea,
    notes uuid[] not null default '{}',
    created_at timestamptz not null,
    primary key (actor_id, key)
  )`,
  'create index idempotent_answer_age on idempotent_answer (created_at)',
  // Keys of before could do everything that a server key can.
  `alter table server_key add column scopes text[] not null default '{*}', add column expires_at timestamptz`,
];
