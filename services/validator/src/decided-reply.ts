import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import type { KeyRecord } from '@keyward/contract/projection';
import type { Verdict } from '@keyward/contract/verdict';
import type { KeyUses } from '@keyward/stores/ports/decision-store';
import type { ServerKeyContext } from './server-key-contexts.ts';
import { verifiedKey } from './verified-key.ts';

export type DecidedReply = Extract<DecisionReply, { kind: 'decided' }>;

/** The verdict as the gateway is told of it; what is known of the key, if it is known. */
export function decidedReply(
  request: DecisionRequest,
  context: ServerKeyContext,
  verdict: Verdict,
  { key, uses }: { key?: KeyRecord; uses?: KeyUses | undefined } = {},
): DecidedReply {
  const expiresAtMs = verdict === 'EXPIRED' ? key?.expiresAtMs : undefined;
  const isTold = request.verify !== undefined || (request.tellsKey && verdict === 'ALLOWED');
  const verified = isTold && key && verifiedKey(verdict, key, uses);
  return {
    kind: 'decided',
    verdict,
    clientId: request.clientId === 'self' && key ? key.clientId : request.clientId,
    projectEnv: request.projectEnv ?? context.environment.projectEnv,
    ...(context.environment.settings.refusals === 'http' ? { asStatus: true as const } : {}),
    ...(expiresAtMs === undefined ? {} : { expiredAt: new Date(expiresAtMs).toISOString() }),
    ...(verified ? { key: verified } : {}),
  };
}
