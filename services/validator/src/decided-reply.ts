import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import type { KeyRecord } from '@keyward/contract/projection';
import type { Verdict } from '@keyward/contract/verdict';
import type { ServerKeyContext } from './server-key-contexts.ts';

export type DecidedReply = Extract<DecisionReply, { kind: 'decided' }>;

export function decidedReply(
  request: DecisionRequest,
  context: ServerKeyContext,
  verdict: Verdict,
  key?: KeyRecord,
): DecidedReply {
  const expiresAtMs = verdict === 'EXPIRED' ? key?.expiresAtMs : undefined;
  return {
    kind: 'decided',
    verdict,
    clientId: request.clientId === 'self' && key ? key.clientId : request.clientId,
    projectEnv: request.projectEnv ?? context.environment.projectEnv,
    ...(context.environment.settings.refusals === 'http' ? { asStatus: true as const } : {}),
    ...(expiresAtMs === undefined ? {} : { expiredAt: new Date(expiresAtMs).toISOString() }),
  };
}
