import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import type { ExceededLimit } from '@keyward/contract/limits';
import type { KeyRecord } from '@keyward/contract/projection';
import type { Refusal, Verdict } from '@keyward/contract/verdict';
import { windowAt } from '@keyward/decision/calendar';
import { callerIp } from '@keyward/decision/caller-ip';
import { decide } from '@keyward/decision/decide';
import { rangesOf } from '@keyward/decision/ip-ranges';
import type { Clock } from '@keyward/kit/clock';
import type { DecideAnswer, DecisionStore } from '@keyward/stores/ports/decision-store';
import { StoreAway } from '@keyward/stores/store-away';
import { type AskedKey, askedKey } from './asked-key.ts';
import { eventFields } from './event-fields.ts';
import { findKey, forgetKey } from './find-key.ts';
import type { KeyDigests } from './key-digests.ts';
import type { KeyRecords } from './key-records.ts';
import type { RefusalCounts } from './refusal-counts.ts';
import { requestSignature } from './request-signature.ts';
import type { ServerKeyContext, ServerKeyContexts } from './server-key-contexts.ts';
import type { SignedKeys } from './signed-keys.ts';

export interface Deciding {
  store: DecisionStore;
  serverKeys: ServerKeyContexts;
  keys: KeyRecords;
  signedKeys: SignedKeys;
  refusals: RefusalCounts;
  digests: KeyDigests;
  clock: Clock;
  warnStoreAway(error: unknown): void;
}

/** Under 7,000 changes a second the worst call needed 11 (design.md §2.5). */
const maxAttempts = 16;
const retryAfterSeconds = 1;

type DecidedReply = Extract<DecisionReply, { kind: 'decided' }>;
type Attempt = DecisionReply | { kind: 'again' };

/** One validation (design.md §2, steps 3 to 5). A store that is away gives `unavailable`, never a bad key. */
export async function decideRequest(deciding: Deciding, request: DecisionRequest): Promise<DecisionReply> {
  const startedMs = deciding.clock.monotonicMs();
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const outcome = await attemptOnce(deciding, request, startedMs);
      if (outcome.kind !== 'again') return outcome;
    }
  } catch (error) {
    if (!(error instanceof StoreAway)) throw error;
    deciding.warnStoreAway(error);
  }
  return { kind: 'unavailable', retryAfterSeconds };
}

async function attemptOnce(deciding: Deciding, request: DecisionRequest, startedMs: number): Promise<Attempt> {
  const serverKeyDigest = deciding.digests.of('server', request.serverKey);
  if (serverKeyDigest === undefined) return { kind: 'unauthenticated' };
  const context = await deciding.serverKeys.get(serverKeyDigest);
  if (context?.serverKey.status !== 'active') return { kind: 'unauthenticated' };
  const outcome = await judge(deciding, { request, context, startedMs });
  switch (outcome.kind) {
    case 'reply':
      return outcome.reply;
    case 'incomplete':
      return { kind: 'unavailable', retryAfterSeconds };
    case 'stale':
      if (outcome.subject === 'environment') await deciding.serverKeys.reload(serverKeyDigest, outcome.version);
      return { kind: 'again' };
  }
}

interface Case {
  request: DecisionRequest;
  context: ServerKeyContext;
  startedMs: number;
}

/** A reply, or what this process holds that is out of date. */
type Outcome = { kind: 'reply'; reply: DecisionReply } | Exclude<DecideAnswer, { kind: 'decided' }>;

async function judge(deciding: Deciding, each: Case): Promise<Outcome> {
  const { request, context } = each;
  const { environmentId } = context.environment;
  const asked = askedKey(deciding.digests, context, request);
  if (asked.kind === 'refused') return refuseUnasked(deciding, each, asked.code);

  const found = await findKey(deciding, context, asked.key);
  switch (found.kind) {
    case 'unknown':
      return refuseUnknown(deciding, each, asked.key);
    case 'full':
      deciding.refusals.add(environmentId, 'RATE_LIMITED');
      return {
        kind: 'reply',
        reply: { ...reply(request, context, 'RATE_LIMITED'), exceeded: newClientsExceeded(deciding) },
      };
    case 'stale':
    case 'incomplete':
      return found;
    case 'known':
      return decideKnown(deciding, each, { asked: asked.key, key: found.key });
  }
}

/** No key is looked up, whose shard could say that this environment is out. */
async function refuseUnasked(deciding: Deciding, { request, context }: Case, code: Refusal): Promise<Outcome> {
  const { environmentId } = context.environment;
  const version = await deciding.store.readEnvironmentVersion(environmentId);
  if (version === undefined) return { kind: 'incomplete' };
  if (version > context.environmentVersion) return { kind: 'stale', subject: 'environment', version };
  deciding.refusals.add(environmentId, code);
  return { kind: 'reply', reply: reply(request, context, code) };
}

async function refuseUnknown(deciding: Deciding, { request, context }: Case, asked: AskedKey): Promise<Outcome> {
  const { environmentVersion, environment } = context;
  const code = 'INVALID_KEY';
  const { environmentId } = environment;
  const answer = await deciding.store.refuseUnknown({ environmentId, environmentVersion, digest: asked.digest, code });
  if (answer.kind === 'known') return { kind: 'stale', subject: 'client', version: 0 };
  return answer.kind === 'counted' ? { kind: 'reply', reply: reply(request, context, code) } : answer;
}

/** The day's number of new clients is a limit of the environment. */
function newClientsExceeded({ clock }: Deciding): ExceededLimit {
  const nowMs = clock.nowMs();
  const retryAfterSeconds = Math.ceil((windowAt('day', nowMs).endMs - nowMs) / 1_000);
  return { subject: 'environment', window: 'day', retryAfterSeconds };
}

async function decideKnown(
  deciding: Deciding,
  { request, context, startedMs }: Case,
  { asked, key }: { asked: AskedKey; key: KeyRecord },
): Promise<Outcome> {
  const made = await commit(deciding, { request, context, key, startedMs });
  if (made.kind === 'stale' && made.subject === 'client') forgetKey(deciding, context.environment.environmentId, asked);
  if (made.kind !== 'decided') return made;
  return {
    kind: 'reply',
    reply: {
      ...reply(request, context, made.verdict, key),
      ...(made.limits ? { limits: made.limits } : {}),
      ...(made.exceeded ? { exceeded: made.exceeded } : {}),
    },
  };
}

interface Decision {
  request: DecisionRequest;
  context: ServerKeyContext;
  key: KeyRecord;
  startedMs: number;
}

function commit({ store, clock }: Deciding, { request, context, key, startedMs }: Decision): Promise<DecideAnswer> {
  const { environment, environmentVersion } = context;
  const { environmentId, settings } = environment;
  const proxies = { hops: settings.hops, trustedProxies: rangesOf(settings.trustedProxies) };
  const caller = callerIp(request.headers, request.remoteAddress, proxies);
  const durationUs = request.elapsedUs + Math.round((clock.monotonicMs() - startedMs) * 1_000);
  return store.decide({
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
      signature: requestSignature(request, environment.requestKeys),
    }),
    cost: request.cost ?? 1,
    keyFamilyId: key.familyId,
    keyLimits: key.limits,
    clientLimits: (key.templateId && environment.templates[key.templateId]) || {},
    environmentLimits: settings.rateLimits,
    event: eventFields({ request, environment, key, durationUs, callerIp: caller }),
  });
}

function reply(request: DecisionRequest, context: ServerKeyContext, verdict: Verdict, key?: KeyRecord): DecidedReply {
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
