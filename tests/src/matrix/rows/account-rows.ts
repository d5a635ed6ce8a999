import { createAccountKey, deleteAccountKey, listAccountKeys } from '@keyward/contract/routes/account-key';
import {
  changePassword,
  getSession,
  listSessions,
  revokeSession,
  signIn,
  signOut,
  signOutEverywhere,
} from '@keyward/contract/routes/session';
import { readSignIn } from '@keyward/contract/routes/sign-in';
import { eraseUser } from '@keyward/contract/routes/user';
import { newId } from '@keyward/kit/random';
import { insertUserSession } from '@keyward/stores/postgres/user-sessions';
import { uniqueName } from '../../backends/unique-name.ts';
import { expectDone } from '../../platform/expect-done.ts';
import { newMember } from '../../platform/new-person.ts';
import { call } from '../../platform/wire-client.ts';
import { askRoute } from '../ask-route.ts';
import type { Place, RouteRow } from '../route-row.ts';

/** Whose things the call is about, if nobody makes it yet. */
async function ownerOf({ owner }: Place): Promise<string> {
  const { data } = expectDone(await call(owner, 'GET', '/member?role=owner'));
  return data.at(-1).userId;
}

export const accountRows: readonly RouteRow[] = [
  { route: listAccountKeys, prepare: async () => ({}) },
  { route: createAccountKey, prepare: async () => ({ body: { memo: 'made' } }) },
  {
    route: deleteAccountKey,
    untagged: 'wire.md §9 has no route that reads one key',
    async prepare({ owner }, caller = undefined) {
      const { body } = await askRoute(caller ?? owner, createAccountKey, { body: {} });
      const { identifier } = body.data;
      return { params: { identifier }, ids: [identifier] };
    },
  },
  { route: readSignIn, prepare: async () => ({}) },
  {
    route: signIn,
    async prepare({ db, owner, organizationId, secrets }) {
      const { url } = owner;
      const { email, password } = await newMember(db, { url, secrets }, { organizationId, role: 'viewer' });
      return { body: { email, password } };
    },
  },
  // Once it is due, reading it gives it another cookie.
  { route: getSession, needsOwnPeople: true, prepare: async () => ({}) },
  { route: listSessions, prepare: async () => ({}) },
  {
    route: revokeSession,
    untagged: 'a session is listed, and never changed',
    async prepare(place, caller) {
      const [id, now] = [newId(), new Date()];
      const user_id = caller?.userId ?? (await ownerOf(place));
      const times = { renewed_at: now, used_at: now, created_at: now };
      const digests = { digest: Buffer.from(uniqueName('digest')), previous_digest: null };
      await insertUserSession(place.db, { id, user_id, ...digests, ...times, address: null, user_agent: null });
      return { params: { id }, ids: [id] };
    },
  },
  { route: signOut, needsOwnPeople: true, untagged: 'a session is never changed', prepare: async () => ({}) },
  {
    route: signOutEverywhere,
    needsOwnPeople: true,
    untagged: 'it ends whatever sessions there are',
    prepare: async () => ({}),
  },
  { route: eraseUser, needsOwnPeople: true, untagged: 'an account is not read by itself', prepare: async () => ({}) },
  {
    route: changePassword,
    needsOwnPeople: true,
    untagged: 'a password cannot be read; the current one is asked for',
    prepare: async (_place, { password } = { password: 'nobody’s' } as never) => ({
      body: { currentPassword: password, newPassword: 'another long password' },
    }),
  },
];
