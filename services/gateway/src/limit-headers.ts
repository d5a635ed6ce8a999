import type { LimitStatus } from '@keyward/contract/limits';
import type { Decided } from './validate-reply.ts';

/**
 * What the limits say in headers: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers, structured
 * fields, RFC 9651) for every limited window, and `Retry-After` where waiting helps.
 */
export function limitHeaders({ limits, exceeded }: Decided): Record<string, string> {
  if (!limits || limits.length === 0) return {};
  const { retryAfterSeconds } = exceeded ?? {};
  return {
    'ratelimit-policy': limits.map((each) => `${nameOf(each)};q=${each.limit};w=${each.windowSeconds}`).join(', '),
    ratelimit: limits.map((each) => `${nameOf(each)};r=${each.remaining};t=${each.resetSeconds}`).join(', '),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  };
}

const nameOf = ({ subject, window }: LimitStatus) => `"${subject}-${window}"`;
