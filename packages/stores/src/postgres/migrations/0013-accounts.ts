import { type Kysely, sql } from 'kysely';

/** People: sessions, invitations, sign-in through an issuer, and keys of theirs that say where they may be used. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // Who signs in through an issuer has none.
  'alter table "user" alter column password_hash drop not null',
  `create table user_identity (
    issuer text not null,
    subject text not null,
    user_id uuid not null references "user" on delete cascade,
    created_at timestamptz not null,
    primary key (issuer, subject)
  )`,
  'create index user_identity_user on user_identity (user_id)',
  `alter table account_key add column allowed_ips text[] not null default '{}', add column last_used_at timestamptz`,
  'create index account_key_created on account_key (user_id, created_at desc, id desc)',
  'drop index account_key_user',
  `create table user_session (
    id uuid primary key,
    user_id uuid not null references "user" on delete cascade,
    digest bytea not null unique,
    previous_digest bytea unique,
    renewed_at timestamptz not null,
    used_at timestamptz not null,
    address text,
    user_agent text,
    created_at timestamptz not null
  )`,
  'create index user_session_created on user_session (user_id, created_at desc, id desc)',
  'create index user_session_used on user_session (used_at)',
  `create table sign_in_attempt (
    subject bytea primary key,
    failures integer not null,
    last_at timestamptz not null,
    blocked_until timestamptz not null
  )`,
  'create index sign_in_attempt_age on sign_in_attempt (last_at)',
  `create table invitation (
    id uuid primary key,
    organization_id uuid not null references organization on delete cascade,
    email text not null,
    role text not null check (role in ('owner', 'admin', 'developer', 'viewer')),
    digest bytea not null unique,
    invited_by uuid,
    expires_at timestamptz not null,
    accepted_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz not null
  )`,
  `create unique index invitation_open on invitation (organization_id, lower(email))
    where accepted_at is null and revoked_at is null`,
  'create index invitation_created on invitation (organization_id, created_at desc, id desc)',
  'create index invitation_email on invitation (lower(email))',
  'create index member_created on member (organization_id, created_at desc, user_id desc)',
];
