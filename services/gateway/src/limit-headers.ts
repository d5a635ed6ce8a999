import type { LimitStatus } from '@keyward/contract/limits';
import type { Decided } from './decided.ts';

/**
 * What the limits say in headers: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers, structured
 * fields, RFC 9651) for every limited window of key and client, and `Retry-After` where waiting helps.
 */
export function limitHeaders({ limits = [], exceeded }: Decided): Record<string, string> {
  const { retryAfterSeconds } = exceeded ?? {};
  return {
    ...(limits.length === 0 ? {} : limitFields(limits)),
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  };
}

function limitFields(limits: readonly LimitStatus[]): Record<string, string> {
  return {
    'ratelimit-policy': limits.map((each) => `${nameOf(each)};q=${each.limit};w=${each.windowSeconds}`).join(', '),
    ratelimit: limits.map((each) => `${nameOf(each)};r=${each.remaining};t=${each.resetSeconds}`).join(', '),
  };
}

const nameOf = ({ subject, window }: LimitStatus) => `"${subject}-${window}"`;
