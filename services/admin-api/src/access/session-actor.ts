import { csrfHeader } from '@keyward/contract/routes/session';
import { AppError } from '@keyward/kit/app-error';
import { equalTexts } from '@keyward/kit/equal-texts';
import { findMemberships } from '@keyward/stores/postgres/accounts';
import { findUserSession } from '@keyward/stores/postgres/user-sessions';
import { liveness } from '../accounts/liveness.ts';
import { csrfTokenOf, sessionDigest } from '../accounts/session-token.ts';
import type { Administration } from '../administration.ts';
import type { Actor } from './actor.ts';
import type { CredentialedCall } from './credentialed-call.ts';
import { namedOrganization } from './named-membership.ts';
import { requireOwnOrigin } from './own-origin.ts';

/** Calls that were under way when the token was replaced still bring the one before. */
const graceMs = 60_000;

/**
 * Who is signed in with this token; undefined: the session has ended. What changes something has to come from our own pages: their
 * origin, and the token that `GET /session` gave them.
 */
export async function sessionActor(
  administration: Administration,
  token: string,
  request: CredentialedCall,
): Promise<Actor | undefined> {
  const { db, pepper, clock, policy, uses } = administration;
  const nowMs = clock.nowMs();
  const digest = sessionDigest(pepper, token);
  const replacedSince = new Date(nowMs - graceMs);
  const session = await findUserSession(db, { digest, replacedSince, ...liveness(policy, nowMs) });
  if (!session) return undefined;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    requireOwnOrigin(policy, request.headers);
    requireCsrfToken(request, csrfTokenOf(pepper, session.id));
  }
  uses.sessions.note(session.id, nowMs);
  return {
    kind: 'account',
    userId: session.user_id,
    credential: { kind: 'session', session },
    memberships: await findMemberships(db, session.user_id),
    organizationId: namedOrganization(request.headers),
  };
}

function requireCsrfToken({ headers }: CredentialedCall, expected: string): void {
  const sent = headers[csrfHeader];
  if (typeof sent !== 'string' || !equalTexts(sent, expected))
    throw new AppError('FORBIDDEN', `A change by a session needs ${csrfHeader}, which GET /api/v1/session answers.`);
}
