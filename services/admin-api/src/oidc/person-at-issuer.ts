import { AppError } from '@keyward/kit/app-error';
import { newId } from '@keyward/kit/random';
import {
  findMemberships,
  findOrganizationName,
  findUserByEmail,
  insertNewMember,
  insertNewUser,
  type UserRow,
} from '@keyward/stores/postgres/accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { listOpenInvitationsFor } from '@keyward/stores/postgres/invitations';
import { findUserByIdentity, insertIdentity } from '@keyward/stores/postgres/user-identities';
import type { Administration } from '../administration.ts';
import { type AccountChangeCall, changeAccount, makeChange } from '../changes/make-change.ts';
import { done } from '../changes/outcome.ts';
import { join } from '../members/accept-invitation.ts';
import type { OidcIssuer, OidcPerson } from './oidc-issuer.ts';

interface Arrival {
  issuer: OidcIssuer;
  person: OidcPerson;
  requestId: string;
}

/**
 * Whose account it is: of the identity, once it is known; before that of its e-mail address, which the issuer must have
 * made sure of. Somebody new is let in where they are invited, or where the configuration says that newcomers belong.
 */
export async function personAtIssuer(administration: Administration, arrival: Arrival): Promise<UserRow> {
  const { db } = administration;
  const { issuer, person } = arrival;
  const known = await findUserByIdentity(db, person);
  const email = person.email ?? known?.email;
  if (email === undefined) throw refused('The issuer has not made sure of your e-mail address.');
  if (!issuer.letsIn(email)) throw refused('E-mail addresses of your domain are not let in here.');
  if (known) return known;
  const user = await findUserByEmail(db, email);
  return user ? linked(administration, arrival, user) : admitted(administration, arrival, email);
}

/** Somebody who has an account comes by the issuer for the first time. */
async function linked(administration: Administration, { person, requestId }: Arrival, user: UserRow): Promise<UserRow> {
  const memberships = await findMemberships(administration.db, user.id);
  const organizationIds = memberships.map(({ organizationId }) => organizationId);
  const call: AccountChangeCall = { author: { kind: 'user', id: user.id }, requestId, organizationIds };
  await changeAccount(administration, call, async (change) => {
    await remember(change.transaction, { person, userId: user.id, at: change.now });
    const after = { issuer: person.issuer };
    change.record({ action: 'identity.create', subject: { kind: 'user', id: user.id }, after });
    return done({});
  });
  return user;
}

async function admitted(
  administration: Administration,
  { issuer, person, requestId }: Arrival,
  email: string,
): Promise<UserRow> {
  const { db, clock } = administration;
  const [invitation] = await listOpenInvitationsFor(db, email, new Date(clock.nowMs()));
  const organizationId = invitation?.organization_id ?? (await newcomersOrganization(db, issuer));
  if (organizationId === undefined) throw refused('You are not invited; ask an owner or admin to invite you.');
  const user = { id: newId(), email, password_hash: null, created_at: new Date(clock.nowMs()) };
  const author = { kind: 'user', id: user.id } as const;
  await makeChange(administration, { author, organizationId, requestId }, async (change) => {
    const { transaction, now } = change;
    if (!(await insertNewUser(transaction, user)))
      throw new AppError('CONFLICT', 'Somebody signed in with this address at the same time; try again.');
    await remember(transaction, { person, userId: user.id, at: now });
    if (invitation) await join(change, invitation, user);
    else {
      const role = issuer.newcomers?.role ?? 'viewer';
      await insertNewMember(transaction, { organization_id: organizationId, user_id: user.id, role, created_at: now });
      const after = { userId: user.id, email, role, createdAt: now.toISOString() };
      change.record({ action: 'member.create', subject: { kind: 'member', id: user.id }, after });
    }
    return done({});
  });
  return user;
}

async function newcomersOrganization(db: Database, { newcomers }: OidcIssuer): Promise<string | undefined> {
  if (!newcomers) return undefined;
  const { organizationId } = newcomers;
  return (await findOrganizationName(db, organizationId)) === undefined ? undefined : organizationId;
}

async function remember(
  transaction: Database,
  { person, userId, at }: { person: OidcPerson; userId: string; at: Date },
): Promise<void> {
  const { issuer, subject } = person;
  await insertIdentity(transaction, { issuer, subject, userId, at });
}

function refused(message: string): AppError {
  return new AppError('FORBIDDEN', message);
}
