import {
  changeEndpoint,
  deleteEndpoint,
  getEndpoint,
  listEndpoints,
  registerEndpoint,
} from '@keyward/contract/routes/endpoint';
import { uniqueName } from '../../backends/unique-name.ts';
import { expectDone } from '../../platform/expect-done.ts';
import { call } from '../../platform/wire-client.ts';
import type { Place, RouteRow } from '../route-row.ts';

const newEndpoint = () => ({ method: 'GET', path: `/${uniqueName('e')}` });

async function endpoint({ environment }: Place) {
  const { id } = expectDone(await call(environment, 'POST', '/endpoint', { body: newEndpoint() }));
  return { params: { id }, ids: [id] };
}

export const endpointRows: readonly RouteRow[] = [
  { route: registerEndpoint, prepare: async () => ({ body: newEndpoint() }) },
  { route: listEndpoints, prepare: async () => ({}) },
  { route: getEndpoint, prepare: endpoint },
  {
    route: changeEndpoint,
    prepare: async (place) => ({ ...(await endpoint(place)), body: { enabled: false } }),
  },
  { route: deleteEndpoint, prepare: endpoint },
];
