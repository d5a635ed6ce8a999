import {
  changeProject,
  createProject,
  deleteProject,
  getProject,
  listProjects,
} from '@keyward/contract/routes/project';
import { uniqueName } from '../../backends/unique-name.ts';
import { expectDone } from '../../platform/expect-done.ts';
import { call } from '../../platform/wire-client.ts';
import type { Place, RouteRow } from '../route-row.ts';

const newSlug = () => uniqueName('p').replaceAll(/[^a-z0-9]/g, '');
const newProject = () => ({ slug: newSlug(), name: 'p', envs: [{ type: 'test', templates: [{ name: 't' }] }] });

async function project({ owner }: Place) {
  const { slug, envs } = expectDone(await call(owner, 'POST', '/project', { body: newProject() }));
  const [{ id: envId, templates }] = envs.list;
  const [{ id: templateId }] = templates.list;
  return { params: { project: slug as string }, ids: [slug as string], envId, templateId };
}

export const projectRows: readonly RouteRow[] = [
  { route: listProjects, prepare: async () => ({}) },
  { route: createProject, prepare: async () => ({ body: newProject() }) },
  {
    route: getProject,
    prepare: async ({ environment: { projectEnv } }) => ({ params: { project: projectEnv }, ids: [projectEnv] }),
  },
  {
    route: changeProject,
    async prepare(place) {
      const { params, ids } = await project(place);
      return { params, ids, body: { name: 'changed', envs: [{ type: 'test', status: 'disabled' }] } };
    },
  },
  {
    route: deleteProject,
    async prepare(place) {
      const { params, ids } = await project(place);
      return { params, ids };
    },
  },
  {
    route: deleteProject,
    variant: 'one environment',
    async prepare(place) {
      const { params, ids, envId } = await project(place);
      return { params, query: { envId }, ids: [...ids, envId] };
    },
  },
  {
    route: deleteProject,
    variant: 'a template',
    async prepare(place) {
      const { params, ids, templateId } = await project(place);
      return { params, query: { templateId }, ids: [...ids, templateId] };
    },
  },
];
