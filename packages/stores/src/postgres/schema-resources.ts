import type { ServerKeyScope } from '@keyward/contract/access';
import type { EnvironmentSettings } from '@keyward/contract/settings';
import type { ColumnType } from 'kysely';

type Time = ColumnType<Date, Date | string, Date | string>;
type CreatedAt = ColumnType<Date, Date | string, never>;
type Metadata = ColumnType<Record<string, unknown>, string, string>;

export interface ProjectTable {
  id: string;
  organization_id: string;
  slug: string;
  name: string;
  description: string | null;
  metadata: Metadata;
  created_at: CreatedAt;
  updated_at: Time;
}

export interface EnvironmentTable {
  id: string;
  organization_id: string;
  /** null: it was deleted. */
  project_id: string | null;
  type: string;
  project_env: string;
  url: string | null;
  status: 'active' | 'disabled';
  metadata: Metadata;
  /** What differs from the defaults. */
  settings: ColumnType<Partial<EnvironmentSettings>, string | undefined, string>;
  version: number;
  created_at: CreatedAt;
  updated_at: Time;
  deleted_at: ColumnType<Date | null, undefined, Date>;
  /** Its clients and their logs are gone, too. */
  erased_at: ColumnType<Date | null, undefined, Date>;
}

/** Project slugs and `project_env`s share one name space in an organization. */
export interface ReservedNameTable {
  organization_id: string;
  name: string;
  project_id: string;
}

export interface SigningSecretTable {
  id: string;
  organization_id: string;
  environment_id: string;
  name: string;
  /** New keys are signed with it. */
  is_first: boolean;
  /** AES-256-GCM under the master key, row id as additional data. */
  sealed: Buffer;
  created_at: CreatedAt;
}

export interface TemplateTable {
  id: string;
  organization_id: string;
  environment_id: string;
  name: string;
  rate_limit_hour: number | null;
  rate_limit_day: number | null;
  rate_limit_week: number | null;
  rate_limit_month: number | null;
  max_clients: number | null;
  created_at: CreatedAt;
}

export interface ServerKeyTable {
  id: string;
  organization_id: string;
  environment_id: string;
  name: string;
  key_prefix: string;
  digest: Buffer;
  status: 'active' | 'revoked';
  scopes: ColumnType<ServerKeyScope[], ServerKeyScope[] | undefined, ServerKeyScope[]>;
  expires_at: Time | null;
  created_at: CreatedAt;
}

/** A named API of an organization's; its keys may be bound to it. */
export interface ProductTable {
  id: string;
  organization_id: string;
  name: string;
  description: string | null;
  metadata: Metadata;
  created_at: CreatedAt;
  updated_at: Time;
}

/** A product can be in several projects. */
export interface ProjectProductTable {
  organization_id: string;
  project_id: string;
  product_id: string;
  created_at: CreatedAt;
}
