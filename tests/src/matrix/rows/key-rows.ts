import { createHash, randomBytes } from 'node:crypto';
import { getErasure } from '@keyward/contract/routes/erasure';
import {
  changeKey,
  claimRotation,
  createKey,
  createKeys,
  deleteKey,
  getKey,
  listKeys,
  listRotations,
  revokeKey,
  revokeKeys,
  rotateKey,
} from '@keyward/contract/routes/key';
import { createKeyImport, deleteKeyImport, importKeys, listKeyImports } from '@keyward/contract/routes/key-import';
import { newId } from '@keyward/kit/random';
import { uniqueName } from '../../backends/unique-name.ts';
import { expectDone } from '../../platform/expect-done.ts';
import { newClient } from '../../platform/run-platform.ts';
import { call } from '../../platform/wire-client.ts';
import type { Place, RouteRow } from '../route-row.ts';

async function key({ environment }: Place) {
  const { id } = expectDone(await call(environment, 'POST', '/key', { body: { name: uniqueName('k') } }));
  return { params: { id: id as string }, ids: [id as string] };
}

async function ofClient({ environment }: Place) {
  const { id } = await newClient(environment);
  return { body: { name: uniqueName('k'), clientId: id }, ids: [id] };
}

async function rotation({ environment, db }: Place) {
  const { id: client_id, keyId: key_id } = await newClient(environment, { expiresAt: '2099-01-01T00:00:00Z' });
  const found = db.selectFrom('client').select(['organization_id', 'environment_id']).where('id', '=', client_id);
  const row = { id: newId(), ...(await found.executeTakeFirstOrThrow()), client_id, key_id, created_at: new Date() };
  await db.insertInto('key_rotation').values(row).execute();
  return { params: { id: client_id, rid: row.id }, ids: [client_id, row.id], body: {} };
}

const newImport = () => ({ name: uniqueName('i'), hash: 'sha256', prefixes: ['old_'] });

const importsOf = ({ environment: { projectEnv } }: Place) => `/key-import?project_env=${projectEnv}`;

async function keyImport(place: Place) {
  const { id } = expectDone(await call(place.owner, 'POST', importsOf(place), { body: newImport() }));
  return { params: { id: id as string }, ids: [id as string] };
}

/** An environment has but a few. */
async function anyKeyImport(place: Place): Promise<string> {
  const { data } = expectDone(await call(place.owner, 'GET', importsOf(place)));
  return data[0]?.id ?? (await keyImport(place)).params.id;
}

const digest = () => createHash('sha256').update(randomBytes(16)).digest('hex');

export const keyRows: readonly RouteRow[] = [
  { route: listKeys, prepare: async () => ({}) },
  { route: createKey, prepare: ofClient },
  {
    route: createKeys,
    async prepare(place) {
      const { body, ids } = await ofClient(place);
      return { body: { items: [body] }, ids };
    },
  },
  { route: getKey, prepare: key },
  { route: changeKey, prepare: async (place) => ({ ...(await key(place)), body: { name: 'changed' } }) },
  { route: revokeKey, prepare: key },
  { route: rotateKey, prepare: async (place) => ({ ...(await key(place)), body: {} }) },
  { route: deleteKey, prepare: key },
  {
    route: revokeKeys,
    async prepare(place) {
      // A filter finds what is there, and nothing of others.
      const { ids } = await key(place);
      return { body: { filter: { ids } } };
    },
  },
  {
    route: listRotations,
    async prepare(place) {
      const { id } = await newClient(place.environment);
      return { params: { id }, ids: [id] };
    },
  },
  { route: claimRotation, prepare: rotation },
  { route: listKeyImports, prepare: async () => ({}) },
  { route: createKeyImport, prepare: async () => ({ body: newImport() }) },
  { route: deleteKeyImport, untagged: 'a key import is listed, and never changed', prepare: keyImport },
  {
    route: importKeys,
    async prepare(place) {
      const importId = await anyKeyImport(place);
      return { body: { importId, items: [{ digest: digest(), name: 'k' }] }, ids: [importId] };
    },
  },
  {
    route: getErasure,
    async prepare({ environment }) {
      const { id: client } = await newClient(environment);
      const { erasureId: id } = expectDone(await call(environment, 'DELETE', `/client/${client}`));
      return { params: { id: id as string }, ids: [id as string] };
    },
  },
];
