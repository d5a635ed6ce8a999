import type { ColumnType, Generated, GeneratedAlways } from 'kysely';
import type {
  AccountKeyTable,
  InvitationTable,
  MemberTable,
  SignInAttemptTable,
  UserIdentityTable,
  UserSessionTable,
  UserTable,
} from './schema-accounts.ts';
import type { CountingSchema } from './schema-counting.ts';
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
export interface Schema extends CountingSchema, WebhookSchema {
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
  /** In lower case; lists are searched by it. */
  name_folded: GeneratedAlways<string>;
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
