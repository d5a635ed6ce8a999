import type { CurrentSession, Session } from '@keyward/contract/routes/session';
import { AppError } from '@keyward/kit/app-error';
import {
  endUserSession,
  endUserSessions,
  listUserSessions,
  renewUserSession,
} from '@keyward/stores/postgres/user-sessions';
import type { PersonCall, SessionCall } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { requireNoTag } from '../changes/etag.ts';
import { changeAccount } from '../changes/make-change.ts';
import { done, type Outcome } from '../changes/outcome.ts';
import { type Paged, paged } from '../paging.ts';
import type { WithCookies } from './begin-session.ts';
import { liveness } from './liveness.ts';
import { noSessionCookie, sessionCookie } from './session-cookie.ts';
import { newSessionToken } from './session-token.ts';
import { viewCurrentSession, viewSession } from './session-view.ts';

type Success = { success: true };

/** The session that asks. Its token is replaced when it is old, or what its user may do has changed. */
export async function readSession(
  administration: Administration,
  { actor, session }: SessionCall,
): Promise<WithCookies<CurrentSession>> {
  const { clock, policy } = administration;
  const isDue = session.renewed_at.getTime() + policy.sessionRenewalMs <= clock.nowMs();
  const { memberships } = actor;
  const outcome = done(viewCurrentSession(administration, { session, memberships }));
  return { outcome, cookies: isDue ? await renew(administration, session) : [] };
}

/** The new cookie; none if a call beside this one was first. */
export async function renew(
  { db, pepper, clock, policy }: Administration,
  { id, digest: from }: SessionCall['session'],
): Promise<string[]> {
  const { raw, digest: to } = newSessionToken(pepper);
  const isRenewed = await renewUserSession(db, { id, from, to, at: new Date(clock.nowMs()) });
  return isRenewed ? [sessionCookie(policy, raw)] : [];
}

export async function readSessions(
  { db, clock, policy }: Administration,
  { actor, page, limit }: Pick<PersonCall, 'actor'> & { page: number; limit: number },
): Promise<Paged<Session>> {
  const { userId, credential } = actor;
  const current = credential.kind === 'session' ? credential.session.id : undefined;
  const part = { userId, limit, offset: (page - 1) * limit };
  const { total, rows } = await listUserSessions(db, { ...part, ...liveness(policy, clock.nowMs()) });
  return paged({ data: rows.map((row) => viewSession(policy, row, current)), total, page, limit });
}

/** From the answer on its token is refused. */
export async function endSession(
  administration: Administration,
  call: PersonCall,
  id: string,
): Promise<Outcome<Success>> {
  return changeAccount(administration, call, async (change) => {
    const ended = await endUserSession(change.transaction, call.actor.userId, id);
    if (!ended) throw new AppError('NOT_FOUND', 'There is no such session.');
    requireNoTag(call.ifMatch);
    change.record({ action: 'session.delete', subject: { kind: 'session', id } });
    return done({ success: true });
  });
}

export async function signOut(administration: Administration, call: SessionCall): Promise<WithCookies<Success>> {
  const outcome = await endSession(administration, call, call.session.id);
  return { outcome, cookies: [noSessionCookie(administration.policy)] };
}

export async function signOutEverywhere(
  administration: Administration,
  call: PersonCall,
): Promise<WithCookies<Success>> {
  const { userId } = call.actor;
  requireNoTag(call.ifMatch);
  const outcome = await changeAccount(administration, call, async (change) => {
    for (const id of await endUserSessions(change.transaction, { userId }))
      change.record({ action: 'session.delete', subject: { kind: 'session', id } });
    return done<Success>({ success: true });
  });
  return { outcome, cookies: [noSessionCookie(administration.policy)] };
}
