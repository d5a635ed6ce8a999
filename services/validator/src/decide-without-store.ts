import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import { askedKey } from './asked-key.ts';
import { type Decision, decideCommand } from './decide-command.ts';
import type { Deciding } from './decide-request.ts';
import { decidedReply } from './decided-reply.ts';
import { heldKey, isWithin } from './find-key.ts';
import { requestSignature } from './request-signature.ts';
import { serverKeyStanding } from './server-key-standing.ts';

export const unavailable = { kind: 'unavailable', retryAfterSeconds: 1 } as const satisfies DecisionReply;

/** What the policy of the environment makes of a request about a key that this process can judge; else it is `unavailable`. */
export async function decideWithoutStore(
  deciding: Deciding,
  request: DecisionRequest,
  startedMs: number,
): Promise<DecisionReply> {
  const decision = await heldDecision(deciding, request, startedMs);
  if (!decision) return unavailable;
  const { context, key } = decision;
  const command = decideCommand(deciding.clock, decision);
  const verdict = deciding.failurePolicy.verdict(context.environment.settings, command);
  if (!verdict) return unavailable;
  const reply = decidedReply(request, context, verdict, { key });
  return verdict === 'ALLOWED' ? { ...reply, degraded: true } : reply;
}

/**
 * The request by what this process holds, or else by what the key's signature says. What is refused without a key is not
 * decided here: the store would have to say that the settings it is refused by are the newest.
 */
async function heldDecision(
  deciding: Deciding,
  request: DecisionRequest,
  startedMs: number,
): Promise<Decision | undefined> {
  const serverKeyDigest = deciding.digests.of('server', request.serverKey);
  const context = serverKeyDigest === undefined ? undefined : deciding.serverKeys.held(serverKeyDigest);
  if (!context || serverKeyStanding(context.serverKey, deciding.clock.nowMs()) !== 'valid') return undefined;
  const asked = askedKey(deciding.digests, context, request);
  if (asked.kind === 'refused') return undefined;
  const held = heldKey(deciding, context, asked.key);
  const key = held ?? deciding.signedKeys.assumed(context, asked.key);
  if (!key || !isWithin(context, key)) return undefined;
  const signature = await requestSignature(request, context.environment.requestKeys);
  return { request, context, key, startedMs, signature, ...(held ? {} : { isAssumed: true }) };
}
