import type { IncomingHttpHeaders } from 'node:http';
import { readCookie, setCookie } from '@keyward/kit/cookies';
import type { AccountPolicy } from './account-policy.ts';

type Origin = Pick<AccountPolicy, 'origin'>;

/** Browsers take a `__Host-` cookie over https only, and from no other host of the domain (RFC 6265bis §4.1.3.2). */
export function cookieName({ origin }: Origin, name: string): string {
  return isHttps(origin) ? `__Host-keyward_${name}` : `keyward_${name}`;
}

/** The token of the session that a call comes with. */
export function presentedSession(policy: Origin, headers: IncomingHttpHeaders): string | undefined {
  return readCookie(headers, cookieName(policy, 'session')) || undefined;
}

/** Strict, since no other site has a reason to send somebody's browser here with their session. */
export function sessionCookie(policy: AccountPolicy, token: string): string {
  return ownCookie(policy, { name: 'session', value: token, maxAgeSeconds: policy.sessionMs / 1_000 });
}

export function noSessionCookie(policy: AccountPolicy): string {
  return ownCookie(policy, { name: 'session', value: '', maxAgeSeconds: 0 });
}

interface OwnCookie {
  name: string;
  value: string;
  maxAgeSeconds: number;
  sameSite?: 'strict' | 'lax';
}

export function ownCookie(policy: Origin, { name, sameSite = 'strict', ...cookie }: OwnCookie): string {
  return setCookie({ ...cookie, name: cookieName(policy, name), sameSite, secure: isHttps(policy.origin) });
}

function isHttps(origin: string | undefined): boolean {
  return origin?.startsWith('https:') ?? false;
}
