import { AppError } from '@keyward/kit/app-error';
import { readCookie } from '@keyward/kit/cookies';
import { compileValidator } from '@keyward/kit/validation';
import Type from 'typebox';
import { beginSession, type SignInCall } from '../accounts/begin-session.ts';
import { cookieName, ownCookie } from '../accounts/session-cookie.ts';
import type { Administration } from '../administration.ts';
import type { OidcAttempt, OidcIssuer } from './oidc-issuer.ts';
import { personAtIssuer } from './person-at-issuer.ts';

/** Where the browser goes next. */
export interface Redirect {
  location: string;
  cookies: string[];
}

const patienceMs = 600_000;
const cookie = 'oidc';
const sealedFor = 'sign-in at the issuer';

const Kept = Type.Object({
  state: Type.String(),
  nonce: Type.String(),
  verifier: Type.String(),
  beganMs: Type.Number(),
});
const kept = compileValidator(Kept);

/** Sends the browser to the issuer. What the answer is held against goes along in a sealed cookie, for ten minutes. */
export async function beginAtIssuer({ issuer, policy, secrets, clock }: Administration): Promise<Redirect> {
  const { url, attempt } = await configured(issuer).begin();
  const value = secrets.seal(JSON.stringify({ ...attempt, beganMs: clock.nowMs() }), sealedFor).toString('base64url');
  // Lax: the browser comes back from another site.
  const carried = ownCookie(policy, { name: cookie, value, maxAgeSeconds: patienceMs / 1_000, sameSite: 'lax' });
  return { location: url, cookies: [carried] };
}

/** The browser comes back, and is signed in as whom the issuer names. */
export async function endAtIssuer(
  administration: Administration,
  call: SignInCall & { url: string },
): Promise<Redirect> {
  const { issuer, policy } = administration;
  const person = await configured(issuer).end(call.url, carriedAttempt(administration, call));
  const user = await personAtIssuer(administration, { issuer: configured(issuer), person, requestId: call.id });
  const { cookies } = await beginSession(administration, { user, call });
  const done = ownCookie(policy, { name: cookie, value: '', maxAgeSeconds: 0, sameSite: 'lax' });
  return { location: `${policy.origin ?? ''}/`, cookies: [...cookies, done] };
}

function carriedAttempt({ policy, secrets, clock }: Administration, { headers }: SignInCall): OidcAttempt {
  const sealed = readCookie(headers, cookieName(policy, cookie));
  const found = sealed === undefined ? undefined : opened(secrets, sealed);
  if (!kept.check(found) || found.beganMs + patienceMs <= clock.nowMs())
    throw new AppError('UNAUTHENTICATED', 'This sign-in was not begun in this browser, or too long ago; begin again.');
  return found;
}

function opened(secrets: Administration['secrets'], sealed: string): unknown {
  try {
    return JSON.parse(secrets.open(Buffer.from(sealed, 'base64url'), sealedFor));
  } catch {
    return undefined; // not sealed by us
  }
}

function configured(issuer: OidcIssuer | undefined): OidcIssuer {
  if (!issuer) throw new AppError('NOT_FOUND', 'There is no issuer to sign in at.');
  return issuer;
}
