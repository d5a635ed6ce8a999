import { aboutTheApplication } from '../about-the-application.ts';
import type { VerifyReply } from './api.ts';
import {
  ExpiredKeyError,
  InsufficientScopeError,
  InvalidKeyError,
  KeywardApiError,
  QuotaError,
  RefusedKeyError,
  RevokedKeyError,
} from './api-errors.ts';

/** A verdict as what is thrown of it. One that is about who asks says nothing of the key. */
export function verdictError(reply: VerifyReply): KeywardApiError {
  const { code, message, status, expiredAt } = reply;
  if (aboutTheApplication.has(code)) return new KeywardApiError({ code, message, status });
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
