import type { DecisionRequest } from '@keyward/contract/decisions';
import { callerIp } from '@keyward/decision/caller-ip';
import { decide } from '@keyward/decision/decide';
import { rangesOf } from '@keyward/decision/ip-ranges';
import type { RequestSignature } from '@keyward/decision/request-signature';
import type { Clock } from '@keyward/kit/clock';
import type { DecideCommand } from '@keyward/stores/ports/decision-store';
import { eventFields } from './event-fields.ts';
import type { FoundKey } from './found-key.ts';
import type { ServerKeyContext } from './server-key-contexts.ts';

/** A decision to be made. */
export interface Decision {
  request: DecisionRequest;
  context: ServerKeyContext;
  key: FoundKey;
  /** On the monotonic clock. */
  startedMs: number;
  signature: RequestSignature | undefined;
  /** The key was taken by its signature alone. */
  isAssumed?: boolean;
}

/** What the rules say to a request about a key that is known, as the store takes it to make it final. */
export function decideCommand(
  clock: Clock,
  { request, context, key, startedMs, signature, isAssumed }: Decision,
): DecideCommand {
  const { environment, environmentVersion } = context;
  const { environmentId, settings } = environment;
  const { requiredScopes, productId, untracked } = request.verify ?? {};
  const proxies = { hops: settings.hops, trustedProxies: rangesOf(settings.trustedProxies) };
  const caller = callerIp(request.headers, request.remoteAddress, proxies);
  const durationUs = request.elapsedUs + Math.round((clock.monotonicMs() - startedMs) * 1_000);
  return {
    environmentId,
    clientId: key.clientId,
    environmentVersion,
    clientVersion: key.version,
    eventId: request.eventId,
    replayId: settings.replays === 'refuse' ? request.replayId : undefined,
    requestedAtMs: request.timestampMs,
    toleranceMs: settings.toleranceSeconds * 1_000,
    verdict: decide({
      key,
      environment,
      clientId: request.clientId,
      nowMs: clock.nowMs(),
      callerIp: caller,
      methodPath: request.methodPath,
      signature,
      requiredScopes,
      productId,
    }),
    cost: request.cost ?? 1,
    keyFamilyId: key.familyId,
    keyLimits: key.limits,
    clientLimits: (key.templateId && environment.templates[key.templateId]) || {},
    environmentLimits: settings.rateLimits,
    isUse: !untracked,
    tellsUses: request.verify !== undefined,
    event: eventFields({ request, environment, key, isAssumed, durationUs, callerIp: caller }),
  };
}
