import {
  changeServerKey,
  createServerKey,
  getServerKey,
  listServerKeys,
  revokeServerKey,
  rotateServerKey,
} from '@keyward/contract/routes/server-key';
import { expectDone } from '../../platform/expect-done.ts';
import { newServerKey } from '../new-server-key.ts';
import type { Place, RouteRow } from '../route-row.ts';

async function serverKey(place: Place) {
  const { id } = expectDone(await newServerKey(place, ['validate']));
  return { params: { id }, ids: [id as string] };
}

export const serverKeyRows: readonly RouteRow[] = [
  { route: listServerKeys, prepare: async () => ({}) },
  { route: createServerKey, prepare: async () => ({ body: { name: 'made', scopes: ['validate'] } }) },
  { route: getServerKey, prepare: serverKey },
  { route: changeServerKey, prepare: async (place) => ({ ...(await serverKey(place)), body: { name: 'changed' } }) },
  { route: rotateServerKey, prepare: async (place) => ({ ...(await serverKey(place)), body: {} }) },
  { route: revokeServerKey, prepare: serverKey },
];
