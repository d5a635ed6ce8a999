import type { SignedKeyFacts } from '@keyward/contract/validation-event';
import type { ColumnType, Generated } from 'kysely';

/** What ingest writes of the events it has read, and what it is asked for. */
export interface CountingSchema {
  consumer_offset: ConsumerOffsetTable;
  event_seen: EventSeenTable;
  event_dead: EventDeadTable;
  client_total: ClientTotalTable;
  key_total: KeyTotalTable;
  usage_hour: UsageHourTable;
  usage_day: UsageDayTable;
  usage_rolled_up: UsageRolledUpTable;
  endpoint_total: EndpointTotalTable;
  request_log: RequestLogTable;
  outbox_count: OutboxCountTable;
  key_sighting: KeySightingTable;
  erasure: ErasureTable;
  catch_up: CatchUpTable;
}

type Time = ColumnType<Date, Date | string, Date | string>;
type CreatedAt = ColumnType<Date, Date | string, never>;
/** jsonb: written as its printed text, read as a value. */
type Json<T> = ColumnType<T, string, string>;

interface ConsumerOffsetTable {
  log_id: string;
  partition: number;
  next_offset: number;
}

interface EventSeenTable {
  day: ColumnType<Date, string, never>;
  event_id: string;
  /** How it came to be known; see remember-ids.ts. */
  standing: Generated<number>;
}

/** An event that could not be counted: a record of the event log, or an entry of an outbox that the log refused. */
interface EventDeadTable {
  id: string;
  log_id: string | null;
  partition: number | null;
  log_offset: number | null;
  /** Of its outbox, as far as it is known. */
  shard: number | null;
  incarnation: string | null;
  position: string | null;
  /** The CloudEvents type; '' when it had none. */
  type: Generated<string>;
  reason: string;
  value: Buffer;
  /** Both null where nobody could read them. */
  event_id: string | null;
  environment_id: string | null;
  attempts: Generated<number>;
  /** Somebody asked to have it counted after all. */
  replay_at: Time | null;
  created_at: Generated<Date>;
}

interface ClientTotalTable {
  client_id: string;
  environment_id: string;
  success: number;
  error: number;
  duration_us: number;
}

interface KeyTotalTable {
  key_id: string;
  environment_id: string;
  success: number;
  error: number;
  last_used_at: Time | null;
  /** Of the successes those that are no uses, and when the last of the others was. */
  not_uses: Generated<number>;
  last_use_at: Time | null;
  /** How many uses came by the outbox of this incarnation, the newest. */
  incarnation: string | null;
  uses_since: Generated<number>;
  /** Have webhooks heard of its first use? */
  told: Generated<boolean>;
}

/** What is counted of decisions: those without a known key have neither client, key nor endpoint. */
interface UsageColumns {
  environment_id: string;
  client_id: string | null;
  key_id: string | null;
  endpoint: string | null;
  verdict: string;
  count: number;
  duration_us: number;
  /** What the limits were charged: the sum of the costs of admitted requests. */
  cost: Generated<number>;
  /** As of latency-histogram.ts. */
  durations: Generated<number[]>;
}

interface UsageHourTable extends UsageColumns {
  hour: ColumnType<Date, Date | string, never>;
  /** Have webhooks heard of these refusals? */
  told: Generated<boolean>;
}

interface UsageDayTable extends UsageColumns {
  day: ColumnType<Date, string, never>;
}

/** One row at most: the days before `until` are in usage_day. */
interface UsageRolledUpTable {
  only_row: Generated<boolean>;
  until: ColumnType<Date, string, string>;
}

interface EndpointTotalTable {
  environment_id: string;
  endpoint: string;
  /** The partition of the log that was counted here; the total is the sum of all slots. */
  slot: number;
  success: number;
  error: number;
  duration_us: number;
}

/** In partitions by the day of `decided_at`; what the environment redacts is null. */
interface RequestLogTable {
  decided_at: ColumnType<Date, Date | string, never>;
  event_id: string;
  environment_id: string;
  client_id: string;
  key_id: string;
  verdict: string;
  endpoint: string;
  method_path: string | null;
  name: string | null;
  ip: string | null;
  user_agent: string | null;
  duration_us: number;
  cost: number;
  degraded: boolean;
  tracked: Generated<boolean>;
}

interface OutboxCountTable {
  shard: number;
  incarnation: string;
  counted: number;
  buried: number;
}

interface KeySightingTable {
  environment_id: string;
  digest: Buffer;
  client_id: string;
  key_id: string;
  name: string | null;
  facts: Json<SignedKeyFacts>;
  seen_at: CreatedAt;
  attempts: Generated<number>;
}

interface ErasureTable {
  client_id: string;
  environment_id: string;
  requested_at: CreatedAt;
}

/** A request to say when what the event log held is counted; see catch-up.ts. */
interface CatchUpTable {
  id: string;
  requested_at: CreatedAt;
  /** The log that the goal lies in; the goal is the end offset of each of its partitions. */
  log_id: string | null;
  end_offsets: Json<Record<string, number>> | null;
  reached_at: Time | null;
}
