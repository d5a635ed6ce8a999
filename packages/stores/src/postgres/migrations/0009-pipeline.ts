import { type Kysely, sql } from 'kysely';

/** What becomes of events: counts with latencies, days, request logs, and what waits to be registered, replayed or erased. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const bucketSums = Array.from({ length: 16 }, (_, i) => `coalesce(a[${i + 1}], 0) + coalesce(b[${i + 1}], 0)`).join(
  ', ',
);

const statements = [
  // Requests without a known key are counted with neither client, key nor endpoint.
  'alter table usage_hour drop constraint usage_hour_pkey',
  `alter table usage_hour
    alter column client_id drop not null,
    alter column key_id drop not null,
    alter column endpoint drop not null,
    add column durations bigint[] not null default '{}'`,
  // One expression, which Postgres puts in place of the call: buckets are added in 1 µs, where a loop takes 2 and unnest 5.
  `create function add_histograms(a bigint[], b bigint[]) returns bigint[] language sql immutable parallel safe as $$
    select (array[${bucketSums}])[1:greatest(cardinality(a), cardinality(b))]
  $$`,
  // Rows are changed far more often than added; with room beside them, no index has to hear of it.
  'alter table usage_hour set (fillfactor = 80)',
  'create index usage_hour_time on usage_hour using brin (hour)',
  `create unique index usage_hour_row on usage_hour (environment_id, hour, client_id, key_id, endpoint, verdict)
    nulls not distinct`,
  `create table usage_day (
    day date not null,
    environment_id uuid not null,
    client_id uuid,
    key_id uuid,
    endpoint text,
    verdict text not null,
    count bigint not null,
    duration_us bigint not null,
    cost bigint not null,
    durations bigint[] not null
  )`,
  `create unique index usage_day_row on usage_day (environment_id, day, client_id, key_id, endpoint, verdict)
    nulls not distinct`,
  'create index usage_day_client on usage_day (client_id, day)',
  // Days before it are in usage_day, whole and for ever; hours of them may be gone.
  `create table usage_rolled_up (
    only_row boolean primary key default true check (only_row),
    until date not null
  )`,
  // A slot is a partition of the log: no two transactions wait for the same row.
  `create table endpoint_total (
    environment_id uuid not null,
    endpoint text not null,
    slot integer not null,
    success bigint not null,
    error bigint not null,
    duration_us bigint not null,
    primary key (environment_id, endpoint, slot)
  )`,
  `insert into endpoint_total (environment_id, endpoint, slot, success, error, duration_us)
    select environment_id, endpoint, 0, coalesce(sum(count) filter (where verdict = 'ALLOWED'), 0),
      coalesce(sum(count) filter (where verdict <> 'ALLOWED'), 0), sum(duration_us)
    from usage_hour group by environment_id, endpoint`,
  'drop index usage_hour_endpoint', // totals of endpoints were summed up by it
  `create table request_log (
    decided_at timestamptz not null,
    event_id uuid not null,
    environment_id uuid not null,
    client_id uuid not null,
    key_id uuid not null,
    verdict text not null,
    endpoint text not null,
    method_path text,
    name text,
    ip inet,
    user_agent text,
    duration_us bigint not null,
    cost bigint not null,
    degraded boolean not null
  ) partition by range (decided_at)`,
  'create index request_log_environment on request_log (environment_id, decided_at, event_id)',
  'create index request_log_client on request_log (client_id, decided_at, event_id)',
  // An id that came past its outbox, by a decision that Redis made and could not tell in time, may come from there, too: see
  // remember-ids.ts.
  'alter table event_seen add column standing smallint not null default 1',
  // Entries of the outboxes that were counted or buried, to be held against what the outboxes took in.
  `create table outbox_count (
    shard integer not null,
    incarnation text not null,
    counted bigint not null,
    buried bigint not null,
    primary key (shard, incarnation)
  )`,
  // Keys that nobody registered, as their events describe them, until they are registered.
  `create table key_sighting (
    environment_id uuid not null references environment on delete cascade,
    digest bytea not null,
    client_id uuid not null,
    key_id uuid not null,
    name text,
    facts jsonb not null,
    seen_at timestamptz not null,
    attempts integer not null default 0,
    primary key (environment_id, digest)
  )`,
  'create index key_sighting_seen on key_sighting (attempts, seen_at)',
  'create index key_sighting_client on key_sighting (client_id)',
  // Of whom the logs still have to forget everything personal.
  `create table erasure (
    client_id uuid primary key,
    environment_id uuid not null,
    requested_at timestamptz not null
  )`,
  // `shard` and `position`: where an entry was that the event log refused; `log_id`, `partition`, `log_offset`: a record of it.
  `alter table event_dead
    alter column log_id drop not null,
    alter column partition drop not null,
    alter column log_offset drop not null,
    add column type text not null default 'keyward.validation.v1',
    add column shard integer,
    add column incarnation text,
    add column position text,
    add column event_id uuid,
    add column environment_id uuid,
    add column attempts integer not null default 1,
    add column replay_at timestamptz,
    add unique (shard, incarnation, position)`,
  'create index event_dead_environment on event_dead (environment_id, created_at desc, id desc)',
  'create index event_dead_event on event_dead (event_id)',
  'create index event_dead_replay on event_dead (replay_at) where replay_at is not null',
];
