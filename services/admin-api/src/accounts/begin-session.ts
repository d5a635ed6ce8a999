import type { CurrentSession } from '@keyward/contract/routes/session';
import { printIp } from '@keyward/decision/ip-address';
import { newId } from '@keyward/kit/random';
import { findMemberships, type UserRow } from '@keyward/stores/postgres/accounts';
import type { Database } from '@keyward/stores/postgres/database';
import { endUserSession, findUserSession, insertUserSession } from '@keyward/stores/postgres/user-sessions';
import { callerAddress } from '../access/caller-address.ts';
import type { CredentialedCall } from '../access/credentialed-call.ts';
import type { Administration } from '../administration.ts';
import { changeAccount } from '../changes/make-change.ts';
import { created, type Outcome } from '../changes/outcome.ts';
import { liveness } from './liveness.ts';
import { presentedSession, sessionCookie } from './session-cookie.ts';
import { newSessionToken, sessionDigest } from './session-token.ts';
import { viewCurrentSession, viewSession } from './session-view.ts';

/** A call by which somebody signs in, with its id. */
export type SignInCall = CredentialedCall & { id: string };

/** What is answered, and the cookies that go along. */
export interface WithCookies<T> {
  outcome: Outcome<T>;
  cookies: string[];
}

interface Beginning {
  user: UserRow;
  call: SignInCall;
  /** What else is to be done when it begins. */
  also?: (transaction: Database) => Promise<void>;
}

const longestUserAgent = 256;

/**
 * Signs somebody in who has shown who they are. The session is always another one, with another token, than what the browser
 * brought, which ends: nobody can have planted it there.
 */
export async function beginSession(
  administration: Administration,
  { user, call, also }: Beginning,
): Promise<WithCookies<CurrentSession>> {
  const { db, pepper, clock, policy } = administration;
  const memberships = await findMemberships(db, user.id);
  const token = newSessionToken(pepper);
  const address = callerAddress(policy, call);
  const now = new Date(clock.nowMs());
  const row = {
    id: newId(),
    user_id: user.id,
    digest: token.digest,
    previous_digest: null,
    renewed_at: now,
    used_at: now,
    address: address === undefined ? null : printIp(address),
    user_agent: call.headers['user-agent']?.slice(0, longestUserAgent).toWellFormed() ?? null,
    created_at: now,
  };
  const accountCall = {
    author: { kind: 'user', id: user.id } as const,
    requestId: call.id,
    organizationIds: memberships.map(({ organizationId }) => organizationId),
  };
  const outcome = await changeAccount(administration, accountCall, async (change) => {
    const { transaction } = change;
    const ended = await endPresented(administration, transaction, call);
    if (ended !== undefined) change.record({ action: 'session.delete', subject: { kind: 'session', id: ended } });
    await insertUserSession(transaction, row);
    await also?.(transaction);
    const { current: _, ...after } = viewSession(policy, row, undefined);
    change.record({ action: 'session.create', subject: { kind: 'session', id: row.id }, after });
    return created(viewCurrentSession(administration, { session: { ...row, email: user.email }, memberships }));
  });
  return { outcome, cookies: [sessionCookie(policy, token.raw)] };
}

/** The id of the session that ended, if there was one. */
async function endPresented(
  { pepper, policy, clock }: Administration,
  transaction: Database,
  { headers }: SignInCall,
): Promise<string | undefined> {
  const presented = presentedSession(policy, headers);
  if (presented === undefined) return undefined;
  const nowMs = clock.nowMs();
  const digest = sessionDigest(pepper, presented);
  const sought = { digest, replacedSince: new Date(nowMs), ...liveness(policy, nowMs) };
  const session = await findUserSession(transaction, sought);
  if (session) await endUserSession(transaction, session.user_id, session.id);
  return session?.id;
}
