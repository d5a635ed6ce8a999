import { AppError } from '@keyward/kit/app-error';

/** `.` and `..` as a segment, spelt either way: some server on the way would leave the prefix by it. */
const dotSegment = /^[^?]*\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;
/** RFC 9112 §3.2.2: "a server MUST accept the absolute-form in requests", though only proxies should see it. */
const absoluteStart = /^https?:\/\/[^/?]*/i;
const base = '/api/v1';

/** Path and query as they were sent, without an origin. */
export function originForm(target: string): string {
  const path = target.replace(absoluteStart, '');
  if (dotSegment.test(path)) throw new AppError('BAD_REQUEST', 'The path holds dot segments.');
  return path;
}

/** The same as an envelope of version 2 is bound to it: after the base URL, `/client/self?…` (wire.md §6). */
export function pathAfterBase(target: string): string {
  const path = target.replace(absoluteStart, '');
  return path.startsWith(`${base}/`) ? path.slice(base.length) : path;
}
