import { type Kysely, sql } from 'kysely';

/** Who has, or had, which name: what a locally signed key finds its client by. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  'alter table client add column tenant bytea',
  `update client set tenant = sha256(convert_to(environment_id::text || ':' || name, 'UTF8'))`,
  'alter table client alter column tenant set not null',
  'create index client_tenant on client (environment_id, tenant)',
  `create table tenant (
    environment_id uuid not null references environment on delete cascade,
    digest bytea not null,
    version bigint not null,
    deleted_client_id uuid,
    primary key (environment_id, digest)
  )`,
  'create index tenant_deleted on tenant (deleted_client_id)',
  `insert into tenant (environment_id, digest, version)
    select environment_id, tenant, max(version) from client group by environment_id, tenant`,
  'alter table config_outbox add column tenant bytea',
];
