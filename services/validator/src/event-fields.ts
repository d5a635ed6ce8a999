import type { DecisionRequest } from '@keyward/contract/decisions';
import type { EnvironmentRecord } from '@keyward/contract/projection';
import { defaultSettings } from '@keyward/contract/settings';
import { isSampled } from '@keyward/contract/traceparent';
import { anyEndpoint } from '@keyward/contract/usage-summary';
import { endpointOf, withoutQuery } from '@keyward/decision/endpoint-path';
import { type IpAddress, printIp } from '@keyward/decision/ip-address';
import { headerValue } from '@keyward/decision/presented-key';
import type { FoundKey } from './found-key.ts';

const maxPathBytes = 2_048;
const maxUserAgentBytes = 256;
const maxNameBytes = 256;

interface EventFacts {
  request: DecisionRequest;
  environment: EnvironmentRecord;
  key: FoundKey;
  isAssumed: boolean | undefined;
  durationUs: number;
  callerIp: IpAddress | undefined;
}

/**
 * The event of one decision as JSON, but for the verdict and the time, which the store adds. Texts are capped and
 * cleaned of what Postgres refuses here, where they are made, so that nothing further on can choke on them.
 */
export function eventFields({ request, environment, key, isAssumed, durationUs, callerIp }: EventFacts): string {
  const userAgent = headerValue(request.headers, 'user-agent');
  return JSON.stringify({
    id: request.eventId,
    environmentId: environment.environmentId,
    clientId: key.clientId,
    keyId: key.keyId,
    methodPath: fit(withoutQuery(request.methodPath ?? ''), maxPathBytes),
    endpoint: request.methodPath === undefined ? anyEndpoint : ownEndpoint(request.methodPath, environment),
    name: request.name === undefined ? undefined : fit(request.name, maxNameBytes),
    ip: callerIp === undefined ? undefined : printIp(callerIp),
    userAgent: userAgent === undefined ? undefined : fit(userAgent, maxUserAgentBytes),
    durationUs,
    signedKey: key.signed,
    ...(request.verify?.untracked ? { untracked: true } : {}),
    ...(isSampled(request.traceparent) ? { traceparent: request.traceparent } : {}),
    ...(isAssumed ? { assumed: true } : {}),
    ...(request.cost === undefined || request.cost === 1 ? {} : { cost: request.cost }),
  });
}

/** The endpoint, where the environment's way is not the one that every reader of events knows. */
function ownEndpoint(methodPath: string, { settings }: EnvironmentRecord): string | undefined {
  const isDefault =
    settings.endpointIds === defaultSettings.endpointIds && settings.endpointCase === defaultSettings.endpointCase;
  return isDefault ? undefined : fit(endpointOf(methodPath, settings), maxPathBytes);
}

function fit(text: string, maxBytes: number): string {
  const clean = text.replaceAll('\0', '').toWellFormed();
  if (clean.length * 3 <= maxBytes || Buffer.byteLength(clean) <= maxBytes) return clean;
  return new TextDecoder().decode(Buffer.from(clean).subarray(0, maxBytes)).replace(/\uFFFD+$/, '');
}
