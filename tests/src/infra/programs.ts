import { AuditVerifyConfig } from '@keyward/admin-api/commands/audit-verify';
import { MigrateConfig } from '@keyward/admin-api/commands/migrate';
import { RebuildConfig } from '@keyward/admin-api/commands/projection-rebuild';
import { SetupConfig } from '@keyward/admin-api/commands/setup';
import { AdminApiConfig } from '@keyward/admin-api/config';
import { GatewayConfig } from '@keyward/gateway/config';
import { IngestConfig } from '@keyward/ingest/config';
import { Process } from '@keyward/kit/process-config';
import { ValidatorConfig } from '@keyward/validator/config';
import Type, { type TObject } from 'typebox';

/** What the containers of an installation run, and the schemas that each reads its environment by. */
export const programs = {
  gateway: [Process, GatewayConfig],
  validator: [Process, ValidatorConfig],
  ingest: [Process, IngestConfig],
  'admin-api': [Process, AdminApiConfig],
  'keyward migrate': [MigrateConfig],
  'keyward audit verify': [AuditVerifyConfig],
  'keyward setup': [SetupConfig],
  'keyward projection rebuild': [RebuildConfig],
  // The pod in which an operator calls `keyward`; of all commands restore reads the most.
  'sleep 14400': [RebuildConfig, Type.Pick(AdminApiConfig, ['PEPPER', 'PEPPER_WRAPS'])],
} as const satisfies Record<string, readonly TObject[]>;

export type Program = keyof typeof programs;
