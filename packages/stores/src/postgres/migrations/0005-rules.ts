import { type Kysely, sql } from 'kysely';

/** What the decision asks of endpoints, and the public keys that requests are signed with. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `alter table endpoint
    add column enabled boolean not null default true,
    add column required_scopes text[]`,
  'create index endpoint_created on endpoint (environment_id, created_at desc, id desc)',
  `create table request_public_key (
    id uuid primary key,
    organization_id uuid not null,
    environment_id uuid not null,
    name text not null,
    spki bytea not null,
    fingerprint text not null,
    created_at timestamptz not null,
    unique (environment_id, fingerprint),
    foreign key (organization_id, environment_id) references environment (organization_id, id) on delete cascade
  )`,
  // The counts of an endpoint are summed up from the hours, whose primary key begins with the hour.
  'create index usage_hour_endpoint on usage_hour (environment_id, endpoint)',
];
