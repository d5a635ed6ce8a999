import {
  addSigningSecret,
  changeSigningSecret,
  deleteSigningSecret,
  getSigningSecret,
  listSigningSecrets,
} from '@keyward/contract/routes/signing-secret';
import { expectDone } from '../../platform/expect-done.ts';
import { call } from '../../platform/wire-client.ts';
import type { Place, RouteRow } from '../route-row.ts';

async function secret({ owner, environment }: Place) {
  const path = `/signing-secret?project_env=${environment.projectEnv}`;
  const { id } = expectDone(await call(owner, 'POST', path, { body: { name: 's' } }));
  return { params: { id }, ids: [id as string] };
}

export const signingSecretRows: readonly RouteRow[] = [
  { route: listSigningSecrets, prepare: async () => ({}) },
  { route: addSigningSecret, prepare: async () => ({ body: { name: 's' } }) },
  { route: getSigningSecret, prepare: secret },
  { route: changeSigningSecret, prepare: async (place) => ({ ...(await secret(place)), body: { name: 'changed' } }) },
  { route: deleteSigningSecret, prepare: secret },
];
