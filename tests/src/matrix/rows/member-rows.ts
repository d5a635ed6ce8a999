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
import { newMember, newOwner } from '../../platform/new-person.ts';
import { type Caller, call } from '../../platform/wire-client.ts';
import type { Asked, Place, RouteRow } from '../route-row.ts';

async function ofMember({ db, owner, organizationId, secrets }: Place): Promise<Asked> {
  const { userId } = await newMember(db, { url: owner.url, secrets }, { organizationId, role: 'viewer' });
  return { params: { userId }, ids: [userId] };
}

const invite = async (owner: Caller, email = `${uniqueName('invited')}@example.test`) =>
  expectDone(await call(owner, 'POST', '/invitation', { body: { email, role: 'viewer' } }));

async function ofInvitation(place: Place): Promise<Asked> {
  const { id } = await invite(place.owner);
  return { params: { id }, ids: [id] };
}

export const memberRows: readonly RouteRow[] = [
  { route: listMembers, prepare: async () => ({}) },
  { route: getMember, prepare: ofMember },
  { route: changeMember, prepare: async (place) => ({ ...(await ofMember(place)), body: { role: 'developer' } }) },
  { route: removeMember, prepare: ofMember },
  {
    route: leaveOrganization,
    needsOwnPeople: true,
    untagged: 'they are read at another URL, by their id',
    prepare: async () => ({}),
  },
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
    async prepare({ db, owner, secrets }, caller) {
      const elsewhere = await newOwner(db, { url: owner.url, secrets });
      const { token } = await invite(elsewhere, caller?.email);
      return { body: { token } };
    },
  },
  {
    route: registerByInvitation,
    prepare: async (place) => ({
      body: { token: (await invite(place.owner)).token, password: 'a long enough password' },
    }),
  },
];
