import type { CurrentSession, SignIn } from '@keyward/contract/routes/session';
import { AppError } from '@keyward/kit/app-error';
import { hashPassword, verifyPassword } from '@keyward/kit/password';
import { findUserByEmail, hasPasswordHash, replacePasswordHash } from '@keyward/stores/postgres/accounts';
import { callerAddress } from '../access/caller-address.ts';
import { requireOwnOrigin } from '../access/own-origin.ts';
import type { Administration } from '../administration.ts';
import { beginSession, type SignInCall, type WithCookies } from './begin-session.ts';
import { deviceCookie, knownDevice } from './known-device.ts';
import { TakenAttempt } from './sign-in-throttle.ts';

/** Signs in by password. Somebody unknown is answered like a wrong password, in the same words and the same time. */
export async function signIn(
  administration: Administration,
  call: SignInCall,
  { email, password }: SignIn,
): Promise<WithCookies<CurrentSession>> {
  const { db, policy } = administration;
  if (policy.isServiceCall(call.headers))
    throw new AppError('FORBIDDEN', 'Sign in at the address of admin-api: the gateway passes no cookies on.');
  if (call.headers.origin !== undefined) requireOwnOrigin(policy, call.headers);
  const device = knownDevice(administration, call.headers, email);
  const attempt = await TakenAttempt.take(administration, {
    what: device === undefined ? { kind: 'account', name: email.toLowerCase() } : { kind: 'device', name: device },
    address: callerAddress(policy, call),
  });
  const user = await findUserByEmail(db, email);
  const { isRight, isOutdated } = await attempt.during(db, () => verifyPassword(password, user?.password_hash));
  const from = user?.password_hash ?? undefined;
  if (!user || from === undefined || !isRight) throw wrong();
  const to = isOutdated ? await hashPassword(password) : undefined;
  const begun = await beginSession(administration, {
    user,
    call,
    also: async (transaction) => {
      // Whoever gives them another password ends the sessions that there are; by the old one none begins then.
      if (!(await hasPasswordHash(transaction, { userId: user.id, hash: from }))) throw wrong();
      await attempt.succeeded(transaction);
      if (to !== undefined) await replacePasswordHash(transaction, { userId: user.id, from, to });
    },
  });
  const cookies = device === undefined ? [...begun.cookies, deviceCookie(administration, email)] : begun.cookies;
  return { ...begun, cookies };
}

function wrong(): AppError {
  return new AppError('UNAUTHENTICATED', 'The e-mail address or the password is wrong.');
}
