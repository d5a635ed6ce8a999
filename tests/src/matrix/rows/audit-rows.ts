import { exportAudit, listAudit } from '@keyward/contract/routes/audit';
import type { Place, RouteRow } from '../route-row.ts';

const ofEnvironment = async ({ environment: { projectEnv } }: Place) => ({
  query: { project_env: projectEnv },
  ids: [projectEnv],
});

export const auditRows: readonly RouteRow[] = [
  { route: listAudit, prepare: ofEnvironment },
  { route: exportAudit, prepare: ofEnvironment },
];
