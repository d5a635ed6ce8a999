import { generateKeyPairSync } from 'node:crypto';
import { addRequestKey, deleteRequestKey, listRequestKeys } from '@keyward/contract/routes/request-key';
import { expectDone } from '../../platform/expect-done.ts';
import { call } from '../../platform/wire-client.ts';
import type { RouteRow } from '../route-row.ts';

function newRequestKey() {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { name: 'app', publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString() };
}

export const requestKeyRows: readonly RouteRow[] = [
  { route: listRequestKeys, prepare: async () => ({}) },
  { route: addRequestKey, prepare: async () => ({ body: newRequestKey() }) },
  {
    route: deleteRequestKey,
    untagged: 'a request key is listed, and never changed',
    async prepare({ environment }) {
      const { id } = expectDone(await call(environment, 'POST', '/request-key', { body: newRequestKey() }));
      return { params: { id }, ids: [id] };
    },
  },
];
