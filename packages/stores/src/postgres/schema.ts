import type { SignedKeyFacts } from '@keyward/contract/validation-event';
import type { ColumnType, Generated } from 'kysely';
import type {
  AccountKeyTable,
  InvitationTable,
  MemberTable,
  SignInAttemptTable,
  UserIdentityTable,
  UserSessionTable,
  UserTable,
} from './schema-accounts.ts';
import type { ErasureReceiptTable, KeyImportTable, KeyRotationTable, PepperWrapTable } from './schema-keys.ts';
import type { AuditEventTable, AuditHeadTable, IdempotentAnswerTable } from './schema-management.ts';
import type {
  EnvironmentTable,
  ProductTable,
  ProjectProductTable,
  ProjectTable,
  ReservedNameTable,
  ServerKeyTable,
  SigningSecretTable,
  TemplateTable,
} from './schema-resources.ts';
import type { WebhookSchema } from './schema-webhooks.ts';

/** The tables as the migrations leave them (design.md §8). Ids are UUIDv7, digests HMACs of keys, never keys. */
export interface Schema extends WebhookSchema {
  organization: OrganizationTable;
  user: UserTable;
  user_identity: UserIdentityTable;
  user_session: UserSessionTable;
  sign_in_attempt: SignInAttemptTable;
  invitation: InvitationTable;
  member: MemberTable;
  account_key: AccountKeyTable;
  project: ProjectTable;
  environment: EnvironmentTable;
  reserved_name: ReservedNameTable;
  signing_secret: SigningSecretTable;
  template: TemplateTable;
  server_key: ServerKeyTable;
  client: ClientTable;
  api_key: ApiKeyTable;
  endpoint: EndpointTable;
  request_public_key: RequestPublicKeyTable;
  tenant: TenantTable;
  tombstone: TombstoneTable;
  config_outbox: ConfigOutboxTable;
  envelope_seen: EnvelopeSeenTable;
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
  audit_event: AuditEventTable;
  audit_head: AuditHeadTable;
  idempotent_answer: IdempotentAnswerTable;
  product: ProductTable;
  project_product: ProjectProductTable;
  key_import: KeyImportTable;
  key_rotation: KeyRotationTable;
  erasure_receipt: ErasureReceiptTable;
  pepper_wrap: PepperWrapTable;
}

type Time = ColumnType<Date, Date | string, Date | string>;
type CreatedAt = ColumnType<Date, Date | string, never>;
/** jsonb: written as its printed text, read as a value. */
type Json<T> = ColumnType<T, string, string>;
type Metadata = Json<Record<string, unknown>>;

interface OrganizationTable {
  id: string;
  name: string;
  created_at: CreatedAt;
  updated_at: ColumnType<Date, Date | undefined, Date>;
}

interface ClientTable {
  id: string;
  organization_id: string;
  environment_id: string;
  name: string;
  type: 'person' | 'company' | 'service' | 'device' | 'internal';
  status: 'active' | 'disabled';
  source: 'api' | 'sdk';
  ip_whitelist: string[];
  metadata: Metadata;
  template_id: string | null;
  /** The digest of the name; of a hidden one, of what nobody states. */
  tenant: Buffer;
  /** It was made for one key alone. */
  is_hidden: Generated<boolean>;
  version: number;
  created_at: CreatedAt;
  updated_at: Time;
}

/** A name that clients have or had, by its digest, and who had it last of those that were deleted. */
interface TenantTable {
  environment_id: string;
  digest: Buffer;
  version: number;
  deleted_client_id: string | null;
}

interface ApiKeyTable {
  id: string;
  organization_id: string;
  environment_id: string;
  client_id: string;
  name: string;
  prefix: string;
  key_prefix: string;
  digest: Buffer;
  status: 'active' | 'revoked' | 'disabled';
  scopes: string[];
  allowed_ips: string[];
  metadata: Metadata;
  auto_rotate: boolean;
  rate_limit: number | null;
  rate_window: 'second' | 'minute' | 'hour' | 'day' | null;
  not_before: Time | null;
  expires_at: Time | null;
  /** The expiry that the key itself states; the earlier of the two counts. */
  claimed_expires_at: ColumnType<Date | null, Date | null, never>;
  /** The expiry that webhooks were told of, and how far; see expiry-notices.ts. */
  notice_of: Time | null;
  notice_stage: Generated<number>;
  /** What has signed it, also if that was deleted; null: nothing. */
  signing_secret_id: ColumnType<string | null, string | null | undefined, never>;
  /** The first of the keys that rotate into each other; null: itself. */
  family_id: string | null;
  predecessor_id: string | null;
  product_id: string | null;
  import_id: string | null;
  /** In which environments it is known: one, those of a project, or all of the organization. */
  reach: Generated<'environment' | 'project' | 'organization'>;
  /** The project or the organization; null: its environment. */
  reach_id: string | null;
  created_at: CreatedAt;
  updated_at: Time;
}

interface EndpointTable {
  id: string;
  organization_id: string;
  environment_id: string;
  method: string;
  path: string;
  name: string;
  description: string | null;
  enabled: Generated<boolean>;
  /** null: nobody has decided. */
  required_scopes: string[] | null;
  metadata: Metadata;
  created_at: CreatedAt;
  updated_at: Time;
}

interface RequestPublicKeyTable {
  id: string;
  organization_id: string;
  environment_id: string;
  name: string;
  /** DER. */
  spki: Buffer;
  /** SHA-256 of it, hex. */
  fingerprint: string;
  created_at: CreatedAt;
}

/** What is left of a deleted key, so that it stays refused: ids and a digest, nothing personal. */
interface TombstoneTable {
  environment_id: string;
  digest: Buffer;
  organization_id: string;
  client_id: string;
  key_id: string;
  /** As of the key. */
  family_id: string | null;
  reach_id: string | null;
  version: number;
  created_at: CreatedAt;
}

/** What the projection still has to be told of; a row goes once its write got through. */
interface ConfigOutboxTable {
  id: string;
  environment_id: string;
  /** The client that changed, or the name, by its digest; without both the environment itself. */
  client_id: string | null;
  tenant: Buffer | null;
  created_at: CreatedAt;
}

interface EnvelopeSeenTable {
  environment_id: string;
  replay_id: string;
  seen_at: CreatedAt;
}

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
