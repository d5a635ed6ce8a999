import type { VerifyReply } from '@keyward/contract/routes/verify';
import { verdicts } from '@keyward/contract/verdict';
import type { Decided } from './decided.ts';

/** The answer to a verification (wire.md §8); of a refusal it says what the application should answer its own caller. */
export function verifyReply({ verdict, key, degraded, expiredAt, exceeded }: Decided): VerifyReply {
  return {
    valid: verdict === 'ALLOWED',
    code: verdict,
    ...verdicts[verdict],
    ...(key && { key }),
    ...(degraded && { degraded }),
    ...(expiredAt !== undefined && { expiredAt }),
    ...exceeded,
  };
}
