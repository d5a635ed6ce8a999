import type { CurrentSession, Session } from '@keyward/contract/routes/session';
import type { Membership } from '@keyward/stores/postgres/accounts';
import type { UserSessionRow } from '@keyward/stores/postgres/user-sessions';
import type { Administration } from '../administration.ts';
import type { AccountPolicy } from './account-policy.ts';
import { csrfTokenOf } from './session-token.ts';

/** A session as its user sees it; `currentId` is the one that asks. */
export function viewSession({ sessionMs }: AccountPolicy, row: UserSessionRow, currentId: string | undefined): Session {
  return {
    id: row.id,
    current: row.id === currentId,
    address: row.address,
    userAgent: row.user_agent,
    lastUsedAt: row.used_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    expiresAt: new Date(row.created_at.getTime() + sessionMs).toISOString(),
  };
}

interface Current {
  session: UserSessionRow & { email: string };
  memberships: readonly Membership[];
}

export function viewCurrentSession(
  { pepper, policy }: Pick<Administration, 'pepper' | 'policy'>,
  { session, memberships }: Current,
): CurrentSession {
  return {
    id: session.id,
    user: { id: session.user_id, email: session.email },
    organizations: memberships.map(({ organizationId: id, organizationName: name, role }) => ({ id, name, role })),
    csrfToken: csrfTokenOf(pepper, session.id),
    createdAt: session.created_at.toISOString(),
    expiresAt: new Date(session.created_at.getTime() + policy.sessionMs).toISOString(),
  };
}
