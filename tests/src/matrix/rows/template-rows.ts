import {
  changeTemplate,
  createTemplate,
  deleteTemplate,
  getTemplate,
  listTemplates,
} from '@keyward/contract/routes/template';
import { uniqueName } from '../../backends/unique-name.ts';
import { expectDone } from '../../platform/expect-done.ts';
import { call } from '../../platform/wire-client.ts';
import type { Place, RouteRow } from '../route-row.ts';

export async function newTemplate({ environment }: Place): Promise<string> {
  return expectDone(await call(environment, 'POST', '/template', { body: { name: uniqueName('t') } })).id;
}

async function template(place: Place) {
  const id = await newTemplate(place);
  return { params: { id }, ids: [id] };
}

export const templateRows: readonly RouteRow[] = [
  { route: listTemplates, prepare: async () => ({}) },
  { route: createTemplate, prepare: async () => ({ body: { name: uniqueName('t'), rateLimitHour: 5 } }) },
  { route: getTemplate, prepare: template },
  { route: changeTemplate, prepare: async (place) => ({ ...(await template(place)), body: { rateLimitDay: 10 } }) },
  { route: deleteTemplate, prepare: template },
];
