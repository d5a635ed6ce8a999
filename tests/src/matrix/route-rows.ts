import type { RouteRow } from './route-row.ts';
import { accountRows } from './rows/account-rows.ts';
import { auditRows } from './rows/audit-rows.ts';
import { clientRows } from './rows/client-rows.ts';
import { deadLetterRows } from './rows/dead-letter-rows.ts';
import { endpointRows } from './rows/endpoint-rows.ts';
import { keyRows } from './rows/key-rows.ts';
import { memberRows } from './rows/member-rows.ts';
import { organizationRows } from './rows/organization-rows.ts';
import { productRows } from './rows/product-rows.ts';
import { projectRows } from './rows/project-rows.ts';
import { reportRows } from './rows/report-rows.ts';
import { requestKeyRows } from './rows/request-key-rows.ts';
import { serverKeyRows } from './rows/server-key-rows.ts';
import { settingsRows } from './rows/settings-rows.ts';
import { signingSecretRows } from './rows/signing-secret-rows.ts';
import { templateRows } from './rows/template-rows.ts';
import { webhookRows } from './rows/webhook-rows.ts';

/** How each management route is called; `tests/e2e/access-matrix.test.ts` fails for a route that has no row here. */
export const routeRows: readonly RouteRow[] = [
  ...clientRows,
  ...keyRows,
  ...organizationRows,
  ...projectRows,
  ...productRows,
  ...endpointRows,
  ...serverKeyRows,
  ...signingSecretRows,
  ...requestKeyRows,
  ...settingsRows,
  ...templateRows,
  ...deadLetterRows,
  ...reportRows,
  ...auditRows,
  ...accountRows,
  ...memberRows,
  ...webhookRows,
];
