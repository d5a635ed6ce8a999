import type { ValidateReply } from '@keyward/contract/routes/validate';
import { verdicts } from '@keyward/contract/verdict';
import type { VerifiedKey } from '@keyward/contract/verified-key';
import type { Decided } from './decided.ts';

interface ReplyOptions {
  /** Exactly as it was sent. */
  methodPath: string;
  elapsedMs: number;
}

/** The answer to a validation (wire.md §5): a refusal says what the application should answer its own caller. */
export function validateReply(decided: Decided, { methodPath, elapsedMs }: ReplyOptions): ValidateReply {
  const reply: ValidateReply = {
    success: decided.verdict === 'ALLOWED',
    clientId: decided.clientId,
    project_env: decided.projectEnv,
    method_path: methodPath,
    durationMs: Math.round(elapsedMs * 1000) / 1000,
  };
  if (reply.success) {
    if (decided.degraded) reply.degraded = true;
    if (decided.key) reply.key = allowedKey(decided.key);
    return reply;
  }
  const refusal: ValidateReply = { ...reply, ...verdicts[decided.verdict], code: decided.verdict };
  if (decided.expiredAt !== undefined) refusal.expiredAt = decided.expiredAt;
  return decided.exceeded ? { ...refusal, ...decided.exceeded } : refusal;
}

function allowedKey({ id, name, scopes, metadata, expiresAt }: VerifiedKey): NonNullable<ValidateReply['key']> {
  return { id, name, scopes, metadata, expiresAt };
}
