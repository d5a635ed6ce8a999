import { createProject, getProject, listProjects } from '@keyward/contract/routes/project';
import { uniqueName } from '../../backends/unique-name.ts';
import type { RouteRow } from '../route-row.ts';

const newSlug = () => uniqueName('p').replaceAll(/[^a-z0-9]/g, '');

export const projectRows: readonly RouteRow[] = [
  { route: listProjects, prepare: async () => ({}) },
  {
    route: createProject,
    prepare: async () => ({ body: { slug: newSlug(), name: 'p', envs: [{ type: 'production' }] } }),
  },
  {
    route: getProject,
    prepare: async ({ environment: { projectEnv } }) => ({ params: { project: projectEnv }, ids: [projectEnv] }),
  },
];
