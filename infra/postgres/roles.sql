-- Who may do what in Keyward's database. Run once before the first `keyward migrate`, and again after each, by whoever
-- owns the database:
--
--   psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f infra/postgres/roles.sql
--
-- It may be run at any time, and again; services go on meanwhile. Passwords are not set here: `\password keyward_ingest`.
-- The validator and the gateway have no role: they never reach Postgres.
begin;

do $$
declare
  name text;
begin
  foreach name in array array['keyward_migrate', 'keyward_admin_api', 'keyward_ingest'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I login nosuperuser nocreatedb nocreaterole noinherit', name);
    end if;
    execute format('grant connect on database %I to %I', current_database(), name);
  end loop;
end
$$;

revoke all on schema public from public;
revoke temporary on database :"DBNAME" from public;
grant usage on schema public to keyward_admin_api;

-- Migrations own what they make, and what ingest owns. They make the extension pg_trgm.
alter role keyward_migrate inherit;
grant keyward_ingest to keyward_migrate;
grant create on database :"DBNAME" to keyward_migrate;
grant usage, create on schema public to keyward_migrate;

-- Ingest makes a partition for each day and drops the old ones, which takes that it owns what they are partitions of.
grant usage, create on schema public to keyward_ingest;

do $$
declare
  relation record;
  may text;
  -- Only what ingest counts, and what it has to look at for that.
  ingest constant jsonb := '{
    "api_key": "select",
    "catch_up": "select, update",
    "client": "select",
    "client_total": "select, insert, update",
    "consumer_offset": "select, insert, update",
    "endpoint": "select, insert",
    "endpoint_total": "select, insert, update",
    "environment": "select, update (erased_at)",
    "envelope_seen": "select, delete",
    "erasure": "select, delete",
    "erasure_receipt": "select, update",
    "event_dead": "select, insert, update, delete",
    "key_sighting": "select, insert",
    "key_total": "select, insert, update",
    "outbox_count": "select, insert, update",
    "tenant": "select",
    "tombstone": "select",
    "usage_day": "insert",
    "usage_hour": "select, insert, update, delete",
    "usage_rolled_up": "select, insert, update"
  }';
begin
  for relation in
    select class.relname as name, class.relkind as kind, owner.rolname as owner
    from pg_class class join pg_roles owner on owner.oid = class.relowner
    where class.relnamespace = 'public'::regnamespace and class.relkind in ('r', 'p', 'S')
      and not exists (select from pg_depend where objid = class.oid and deptype = 'e')
  loop
    if relation.kind = 'S' then
      execute format('grant usage on sequence public.%I to keyward_admin_api, keyward_ingest', relation.name);
      continue;
    end if;
    -- The partitions of these are named after them.
    if relation.name ~ '^(event_seen|request_log)(_|$)' then
      if relation.owner <> 'keyward_ingest' then
        execute format('alter table public.%I owner to keyward_ingest', relation.name);
      end if;
    elsif relation.owner not in ('keyward_migrate', 'keyward_ingest') then
      execute format('alter table public.%I owner to keyward_migrate', relation.name);
    end if;
    execute format('revoke all on public.%I from keyward_admin_api', relation.name);
    -- The audit is written and read; what tells of an erased person is taken out of it, and nothing else is.
    may := case
      when relation.name like 'kysely_%' then null
      when relation.name = 'audit_event' then 'select, insert, update (diff)'
      when relation.name = 'event_seen' then 'select'
      when relation.name ~ '^(event_seen|request_log)_' then null
      else 'select, insert, update, delete'
    end;
    if may is not null then
      execute format('grant %s on public.%I to keyward_admin_api', may, relation.name);
    end if;
    if relation.name !~ '^(event_seen|request_log)(_|$)' then
      execute format('revoke all on public.%I from keyward_ingest', relation.name);
      if ingest ? relation.name then
        execute format('grant %s on public.%I to keyward_ingest', ingest ->> relation.name, relation.name);
      end if;
    end if;
  end loop;
end
$$;

commit;
