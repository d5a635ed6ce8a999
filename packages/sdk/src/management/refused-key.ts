import type { VerifyReply } from './api.ts';
import {
  ExpiredKeyError,
  InsufficientScopeError,
  InvalidKeyError,
  QuotaError,
  RefusedKeyError,
  RevokedKeyError,
} from './api-errors.ts';

/** A verdict against a key as what is thrown of it. */
export function refusedKey(reply: VerifyReply): RefusedKeyError {
  const { code, expiredAt } = reply;
  switch (code) {
    case 'MISSING_KEY':
    case 'INVALID_KEY':
      return new InvalidKeyError(reply);
    case 'EXPIRED':
      return expiredAt === undefined ? new RefusedKeyError(reply) : new ExpiredKeyError({ ...reply, expiredAt });
    case 'REVOKED':
      return new RevokedKeyError(reply);
    case 'INSUFFICIENT_SCOPE':
      return new InsufficientScopeError(reply);
    case 'RATE_LIMITED':
      return new QuotaError(reply);
    default:
      return new RefusedKeyError(reply);
  }
}
