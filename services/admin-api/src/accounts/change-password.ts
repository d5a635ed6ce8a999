import type { CurrentSession, PasswordChange } from '@keyward/contract/routes/session';
import { AppError } from '@keyward/kit/app-error';
import { hashPassword, verifyPassword } from '@keyward/kit/password';
import { findUser, replacePasswordHash } from '@keyward/stores/postgres/accounts';
import { endUserSessions } from '@keyward/stores/postgres/user-sessions';
import type { SessionCall } from '../access/admit.ts';
import type { Administration } from '../administration.ts';
import { requireNoTag } from '../changes/etag.ts';
import { changeAccount } from '../changes/make-change.ts';
import { done } from '../changes/outcome.ts';
import { InputCheck } from '../input.ts';
import type { WithCookies } from './begin-session.ts';
import { viewCurrentSession } from './session-view.ts';
import { renew } from './sessions.ts';
import { TakenAttempt } from './sign-in-throttle.ts';

/** Takes the old password, and a session: whoever finds an account key cannot make the account theirs. */
export async function changePassword(
  administration: Administration,
  call: SessionCall,
  { currentPassword, newPassword }: PasswordChange,
): Promise<WithCookies<CurrentSession>> {
  const { session, actor } = call;
  const { userId, memberships } = actor;
  const check = new InputCheck();
  check.newPassword('/newPassword', newPassword, session.email);
  check.done();
  requireNoTag(call.ifMatch);
  const attempt = await TakenAttempt.take(administration, {
    what: { kind: 'session', name: session.id },
    address: undefined,
  });
  const from = (await findUser(administration.db, userId))?.password_hash;
  const { isRight } = await attempt.during(administration.db, () => verifyPassword(currentPassword, from));
  if (!from || !isRight) throw new AppError('FORBIDDEN', 'The current password is wrong.');
  const to = await hashPassword(newPassword);
  const outcome = await changeAccount(administration, call, async (change) => {
    const { transaction } = change;
    if (!(await replacePasswordHash(transaction, { userId, from, to })))
      throw new AppError('CONFLICT', 'The password was changed at the same time.');
    await attempt.succeeded(transaction);
    await endUserSessions(transaction, { userId, except: session.id });
    change.record({ action: 'password.change', subject: { kind: 'user', id: userId } });
    return done(viewCurrentSession(administration, { session, memberships }));
  });
  return { outcome, cookies: await renew(administration, session) };
}
