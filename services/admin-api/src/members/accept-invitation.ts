import type { AcceptedInvitation, Registration } from '@keyward/contract/routes/invitation';
import { AppError } from '@keyward/kit/app-error';
import { hashPassword } from '@keyward/kit/password';
import { newId } from '@keyward/kit/random';
import {
  findOrganizationName,
  findUser,
  findUserByEmail,
  insertNewMember,
  insertNewUser,
} from '@keyward/stores/postgres/accounts';
import {
  acceptInvitation as acceptRow,
  findInvitationByToken,
  type InvitationRow,
} from '@keyward/stores/postgres/invitations';
import { makeRenewalsDue } from '@keyward/stores/postgres/user-sessions';
import type { PersonCall } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import type { Change } from '../changes/change.ts';
import { makeChange } from '../changes/make-change.ts';
import { created, done, type Outcome } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import { invitationStatus } from './invitation-status.ts';
import { invitationDigest } from './invitation-token.ts';

/** Somebody who has an account accepts; the invitation has to be for its e-mail address. */
export async function acceptInvitation(
  administration: Administration,
  call: PersonCall,
  token: string,
): Promise<Outcome<AcceptedInvitation>> {
  // Whether it is open is for the change to say: its repetition finds it accepted, and is answered as it was.
  const invitation = await invitationOf(administration, token);
  const user = await findUser(administration.db, call.actor.userId);
  if (user?.email.toLowerCase() !== invitation.email.toLowerCase())
    throw new AppError('FORBIDDEN', 'This invitation is for another e-mail address.');
  const organizationId = invitation.organization_id;
  return makeChange(administration, { ...call, organizationId }, async (change) => {
    await makeRenewalsDue(change.transaction, user.id);
    return done(await join(change, invitation, user));
  });
}

/** Somebody who is new here accepts, and chooses a password. */
export async function registerByInvitation(
  administration: Administration,
  call: { id: string },
  { token, password }: Registration,
): Promise<Outcome<AcceptedInvitation>> {
  const invitation = await invitationOf(administration, token);
  if (invitationStatus(invitation, new Date(administration.clock.nowMs())) !== 'open') throw notOpen();
  const { email, organization_id: organizationId } = invitation;
  const check = new InputCheck();
  check.newPassword('/password', password, email);
  check.done();
  if (await findUserByEmail(administration.db, email)) throw accountExists();
  const password_hash = await hashPassword(password);
  const id = newId();
  const author = { kind: 'user', id } as const;
  return makeChange(administration, { author, organizationId, requestId: call.id }, async (change) => {
    const user = { id, email, password_hash, created_at: change.now };
    if (!(await insertNewUser(change.transaction, user))) throw accountExists();
    return created(await join(change, invitation, user));
  });
}

/** Uses the invitation up, and makes them a member. */
export async function join(
  change: Change,
  { id, role }: Pick<InvitationRow, 'id' | 'role'>,
  user: { id: string; email: string },
): Promise<AcceptedInvitation> {
  const { transaction, organizationId, now } = change;
  if (!(await acceptRow(transaction, id, now))) throw notOpen();
  const member = { organization_id: organizationId, user_id: user.id, role, created_at: now };
  if (!(await insertNewMember(transaction, member)))
    throw new AppError('CONFLICT', 'You belong to this organization already.');
  change.record({ action: 'invitation.accept', subject: { kind: 'invitation', id } });
  const after = { userId: user.id, email: user.email, role, createdAt: now.toISOString() };
  change.record({ action: 'member.create', subject: { kind: 'member', id: user.id }, after });
  const name = (await findOrganizationName(transaction, organizationId)) ?? '';
  return { userId: user.id, email: user.email, organization: { id: organizationId, name }, role };
}

async function invitationOf({ db, pepper }: Administration, token: string): Promise<InvitationRow> {
  const found = await findInvitationByToken(db, invitationDigest(pepper, token));
  if (!found) throw notOpen();
  return found;
}

function notOpen(): AppError {
  return new AppError('NOT_FOUND', 'There is no such invitation, or it is not open any more.');
}

function accountExists(): AppError {
  return new AppError('CONFLICT', 'This e-mail address has an account: sign in, and accept the invitation then.');
}
