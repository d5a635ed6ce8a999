import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import { askedKey } from './asked-key.ts';
import { type Decision, decideCommand } from './decide-command.ts';
import type { Deciding } from './decide-request.ts';
import { decidedReply } from './decided-reply.ts';
import { heldKey, isWithin } from './find-key.ts';

export const unavailable = { kind: 'unavailable', retryAfterSeconds: 1 } as const satisfies DecisionReply;

/** What the policy of the environment makes of a request about a key that this process holds; else it is `unavailable`. */
export function decideWithoutStore(deciding: Deciding, request: DecisionRequest, startedMs: number): DecisionReply {
  const decision = heldDecision(deciding, request, startedMs);
  if (!decision) return unavailable;
  const { context, key } = decision;
  const command = decideCommand(deciding.clock, decision);
  const verdict = deciding.failurePolicy.verdict(context.environment.settings, command);
  if (!verdict) return unavailable;
  const reply = decidedReply(request, context, verdict, key);
  return verdict === 'ALLOWED' ? { ...reply, degraded: true } : reply;
}

/**
 * The request by what this process holds. What is refused without a key is not decided here: the store would have to say
 * that the settings it is refused by are the newest. Nor is a locally signed key that was not seen before: the signature
 * does not tell whose it is.
 */
function heldDecision(deciding: Deciding, request: DecisionRequest, startedMs: number): Decision | undefined {
  const serverKeyDigest = deciding.digests.of('server', request.serverKey);
  const context = serverKeyDigest === undefined ? undefined : deciding.serverKeys.held(serverKeyDigest);
  if (context?.serverKey.status !== 'active') return undefined;
  const asked = askedKey(deciding.digests, context, request);
  const key = asked.kind === 'key' ? heldKey(deciding, context, asked.key) : undefined;
  return key && isWithin(context, key) ? { request, context, key, startedMs } : undefined;
}
