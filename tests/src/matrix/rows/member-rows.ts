import {
  acceptInvitation,
  createInvitation,
  getInvitation,
  listInvitations,
  registerByInvitation,
  revokeInvitation,
} from '@keyward/contract/routes/invitation';
import { changeMember, getMember, leaveOrganization, listMembers, removeMember } from '@keyward/contract/routes/member';
import { uniqueName } from '../../backends/unique-name.ts';
import { expectDone } from '../../platform/expect-done.ts';
import { newMember } from '../../platform/new-person.ts';
import { call } from '../../platform/wire-client.ts';
import type { Asked, Place, RouteRow } from '../route-row.ts';

async function ofMember({ db, owner, organizationId }: Place): Promise<Asked> {
  const { userId } = await newMember(db, { url: owner.url, secrets: noSecrets }, { organizationId, role: 'viewer' });
  return { params: { userId }, ids: [userId] };
}

/** Nobody uses the account key that is made with them. */
const noSecrets = { pepper: 'of no use', masterKey: '', projectionKey: '', serviceToken: '' };

const invite = async ({ owner }: Place, email = `${uniqueName('invited')}@example.test`) =>
  expectDone(await call(owner, 'POST', '/invitation', { body: { email, role: 'viewer' } }));

async function ofInvitation(place: Place): Promise<Asked> {
  const { id } = await invite(place);
  return { params: { id }, ids: [id] };
}

export const memberRows: readonly RouteRow[] = [
  { route: listMembers, prepare: async () => ({}) },
  { route: getMember, prepare: ofMember },
  { route: changeMember, prepare: async (place) => ({ ...(await ofMember(place)), body: { role: 'developer' } }) },
  { route: removeMember, prepare: ofMember },
  { route: leaveOrganization, needsOwnPeople: true, prepare: async () => ({}) },
  { route: listInvitations, prepare: async () => ({}) },
  {
    route: createInvitation,
    prepare: async () => ({ body: { email: `${uniqueName('invited')}@example.test`, role: 'viewer' } }),
  },
  { route: getInvitation, prepare: ofInvitation },
  { route: revokeInvitation, prepare: ofInvitation },
  {
    route: acceptInvitation,
    needsOwnPeople: true,
    async prepare(place, caller) {
      // They belong to it, and may come back once they have left.
      if (caller) expectDone(await call(caller, 'DELETE', '/member/me'));
      const { token } = await invite(place, caller?.email);
      return { body: { token } };
    },
  },
  {
    route: registerByInvitation,
    prepare: async (place) => ({ body: { token: (await invite(place)).token, password: 'a long enough password' } }),
  },
];
