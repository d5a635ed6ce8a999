import { readConservation } from '@keyward/contract/routes/conservation';
import { listLogs } from '@keyward/contract/routes/log';
import { readUsage } from '@keyward/contract/routes/usage';
import type { RouteRow } from '../route-row.ts';

export const reportRows: readonly RouteRow[] = [
  {
    route: listLogs,
    prepare: async ({ environment: { projectEnv } }) => ({ params: { project_env: projectEnv }, ids: [projectEnv] }),
  },
  { route: readUsage, prepare: async () => ({}) },
  { route: readConservation, prepare: async () => ({}) },
];
