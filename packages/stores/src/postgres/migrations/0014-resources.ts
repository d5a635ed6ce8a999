import { type Kysely, sql } from 'kysely';

/** Products, several signing secrets, environments that were deleted, and what changes beside a name. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table product (
    id uuid primary key,
    organization_id uuid not null references organization on delete cascade,
    name text not null,
    description text,
    metadata jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (organization_id, id),
    unique (organization_id, name)
  )`,
  'create index product_created on product (organization_id, created_at desc, id desc)',
  `create table project_product (
    organization_id uuid not null,
    project_id uuid not null,
    product_id uuid not null,
    created_at timestamptz not null,
    primary key (project_id, product_id),
    foreign key (organization_id, project_id) references project (organization_id, id) on delete cascade,
    foreign key (organization_id, product_id) references product (organization_id, id) on delete cascade
  )`,
  'create index project_product_product on project_product (product_id)',
  'alter table organization add column updated_at timestamptz',
  'update organization set updated_at = created_at',
  // Code of before, which writes none, goes on for a while.
  'alter table organization alter column updated_at set default now(), alter column updated_at set not null',
  // What is left of a deleted environment belongs to no project, and tells the validators that it is no more.
  `alter table environment
    add column deleted_at timestamptz,
    add column erased_at timestamptz,
    alter column project_id drop not null,
    drop constraint environment_organization_id_project_id_fkey,
    add foreign key (organization_id, project_id) references project (organization_id, id) on delete set null (project_id)`,
  'create index environment_deleted on environment (deleted_at) where deleted_at is not null and erased_at is null',
  // The first is what new keys are signed with; until now there was one.
  `alter table signing_secret
    add column name text not null default 'first',
    add column is_first boolean not null default true`,
  'create unique index signing_secret_first on signing_secret (environment_id) where is_first',
  // Which secret has signed a key: until now there was one. null: none. It is no reference, so that a secret can be deleted at once
  // however many keys it has signed.
  'alter table api_key add column signing_secret_id uuid',
  `update api_key set signing_secret_id = secret.id
    from signing_secret secret where secret.environment_id = api_key.environment_id and api_key.prefix = 'apikee'`,
  'create index api_key_signing_secret on api_key (signing_secret_id)',
  'create index client_template on client (template_id)',
];
