import { type Kysely, sql } from 'kysely';

/** What ingest writes: which events were counted, and the counts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `create table consumer_offset (
    log_id text not null,
    partition integer not null,
    next_offset bigint not null,
    primary key (log_id, partition)
  )`,
  // Partitioned by the day of the event id's own time: by the day of its arrival the same id would pass twice.
  `create table event_seen (
    day date not null,
    event_id uuid not null,
    primary key (day, event_id)
  ) partition by range (day)`,
  `create table event_dead (
    id uuid primary key,
    log_id text not null,
    partition integer not null,
    log_offset bigint not null,
    reason text not null,
    value bytea not null,
    created_at timestamptz not null default now(),
    unique (log_id, partition, log_offset)
  )`,
  `create table client_total (
    client_id uuid primary key,
    environment_id uuid not null,
    success bigint not null,
    error bigint not null,
    duration_us bigint not null
  )`,
  `create table key_total (
    key_id uuid primary key,
    environment_id uuid not null,
    success bigint not null,
    error bigint not null,
    last_used_at timestamptz
  )`,
  `create table usage_hour (
    hour timestamptz not null,
    environment_id uuid not null,
    client_id uuid not null,
    key_id uuid not null,
    endpoint text not null,
    verdict text not null,
    count bigint not null,
    duration_us bigint not null,
    primary key (environment_id, hour, client_id, key_id, endpoint, verdict)
  )`,
];
