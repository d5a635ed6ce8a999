import { createServerKey, listServerKeys, revokeServerKey } from '@keyward/contract/routes/server-key';
import { expectDone } from '../../platform/expect-done.ts';
import { newServerKey } from '../new-server-key.ts';
import type { RouteRow } from '../route-row.ts';

export const serverKeyRows: readonly RouteRow[] = [
  { route: listServerKeys, prepare: async () => ({}) },
  { route: createServerKey, prepare: async () => ({ body: { name: 'made', scopes: ['validate'] } }) },
  {
    route: revokeServerKey,
    async prepare(place) {
      const { id } = expectDone(await newServerKey(place, ['validate']));
      return { params: { id }, ids: [id] };
    },
  },
];
