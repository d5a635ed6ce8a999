import type { DecisionRequest } from '@keyward/contract/decisions';
import type { VerifyBody } from '@keyward/contract/routes/verify';
import type { Verification } from './read-verification.ts';

/** What is asked of the validator to verify a key: a validation of whichever client the key is of. */
export function verifyQuestion(
  { body, timestampMs }: Verification,
  { nowMs, signature }: { nowMs: number; signature: string | undefined },
): Omit<DecisionRequest, 'eventId' | 'serverKey' | 'elapsedUs'> {
  const { projectEnv, methodPath, ip, cost, checkRateLimit, userAgent } = body;
  const asked = checkRateLimit === false ? 0 : cost;
  return {
    clientId: 'self',
    timestampMs: timestampMs ?? nowMs,
    headers: userAgent === undefined ? {} : { 'user-agent': userAgent },
    ...(projectEnv !== undefined && { projectEnv }),
    ...(methodPath !== undefined && { methodPath }),
    ...(ip !== undefined && { remoteAddress: ip }),
    ...(asked !== undefined && { cost: asked }),
    ...(signature !== undefined && { signature: signatureOf(body, signature) }),
    verify: askedOf(body),
  };
}

/** Over the timestamp, or the signature of one request would do for all others; without one it is no signature. */
function signatureOf({ timestamp = '' }: VerifyBody, sent: string): NonNullable<DecisionRequest['signature']> {
  return { value: timestamp === '' ? '' : sent, clientId: 'self', timestamp };
}

function askedOf({
  key = '',
  requiredScopes,
  productId,
  trackUsage,
}: VerifyBody): NonNullable<DecisionRequest['verify']> {
  return {
    key,
    ...(requiredScopes !== undefined && { requiredScopes }),
    ...(productId !== undefined && { productId: productId.toLowerCase() }),
    ...(trackUsage === false && { untracked: true as const }),
  };
}
