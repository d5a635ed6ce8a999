import { changeClient, createClient, deleteClient, getClient, listClients } from '@keyward/contract/routes/client';
import { uniqueName } from '../../backends/unique-name.ts';
import { newClient } from '../../platform/run-platform.ts';
import type { Place, RouteRow } from '../route-row.ts';
import { newTemplate } from './template-rows.ts';

const client = async ({ environment }: Place) => {
  const { id, keyId } = await newClient(environment);
  return { params: { id }, ids: [id], keyId };
};

export const clientRows: readonly RouteRow[] = [
  { route: listClients, prepare: async () => ({}) },
  {
    route: createClient,
    async prepare(place) {
      const templateId = await newTemplate(place);
      return { body: { name: uniqueName('c'), templateId, keys: [{ name: 'k' }] }, ids: [templateId] };
    },
  },
  { route: getClient, prepare: client },
  {
    route: changeClient,
    async prepare(place) {
      const { keyId, params, ids } = await client(place);
      const templateId = await newTemplate(place);
      const body = { name: uniqueName('c'), templateId, keys: [{ id: keyId, name: 'changed' }] };
      return { params, body, ids: [...ids, keyId, templateId] };
    },
  },
  { route: deleteClient, prepare: client },
  {
    route: deleteClient,
    variant: 'of a key',
    async prepare(place) {
      const { keyId, params, ids } = await client(place);
      return { params, query: { keyId }, ids: [...ids, keyId] };
    },
  },
];
