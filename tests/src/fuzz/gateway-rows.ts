import { encryptionKeys } from '@keyward/contract/routes/encryption-keys';
import { validate } from '@keyward/contract/routes/validate';
import { verify } from '@keyward/contract/routes/verify';
import type { RouteRow } from '../matrix/route-row.ts';
import { newClient } from '../platform/run-platform.ts';
import { facts } from '../platform/wire-client.ts';

/** What the gateway answers by itself, to applications: a server key's place is the whole of what it may ask about. */
export const gatewayRows: readonly RouteRow[] = [
  { route: encryptionKeys, prepare: async () => ({}) },
  {
    route: validate,
    async prepare({ environment }) {
      const { id, key } = await newClient(environment);
      return { params: { id }, query: { method_path: 'GET:/users' }, body: facts({ key }) };
    },
  },
  { route: verify, prepare: async ({ environment }) => ({ body: { key: (await newClient(environment)).key } }) },
];
