import type { IncomingHttpHeaders } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';

/** A cookie for this origin alone, which no script can read. */
export interface HostCookie {
  name: string;
  value: string;
  /** How long the browser keeps it, seconds; 0 takes it away. */
  maxAgeSeconds: number;
  /** `lax`: it also comes along when another site sends the browser here. */
  sameSite: 'strict' | 'lax';
  /** Over https only. */
  secure: boolean;
}

/** The value of a `Set-Cookie` header. */
export function setCookie({ name, value, maxAgeSeconds, sameSite, secure }: HostCookie): string {
  return stringifySetCookie({ name, value, maxAge: maxAgeSeconds, sameSite, secure, httpOnly: true, path: '/' });
}

export function readCookie({ cookie }: IncomingHttpHeaders, name: string): string | undefined {
  return cookie === undefined ? undefined : parseCookie(cookie)[name];
}
