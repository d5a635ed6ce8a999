import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import type { KeyRecord } from '@keyward/contract/projection';
import type { Verdict } from '@keyward/contract/verdict';
import { callerIp } from '@keyward/decision/caller-ip';
import { decide } from '@keyward/decision/decide';
import { rangesOf } from '@keyward/decision/ip-ranges';
import { presentedKey } from '@keyward/decision/presented-key';
import { canonicalKey } from '@keyward/keyformat/canonical-key';
import { keyDigest } from '@keyward/keyformat/key-digest';
import type { Clock } from '@keyward/kit/clock';
import type { DecideAnswer, DecisionStore } from '@keyward/stores/ports/decision-store';
import { StoreAway } from '@keyward/stores/store-away';
import { eventFields } from './event-fields.ts';
import type { KeyRecords } from './key-records.ts';
import { requestSignature } from './request-signature.ts';
import type { ServerKeyContext, ServerKeyContexts } from './server-key-contexts.ts';

export interface Deciding {
  store: DecisionStore;
  serverKeys: ServerKeyContexts;
  keys: KeyRecords;
  pepper: Buffer;
  clock: Clock;
  warnStoreAway(error: unknown): void;
}

/** Under 7,000 changes a second the worst call needed 11 (design.md §2.5). */
const maxAttempts = 16;
const retryAfterSeconds = 1;

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
  const serverKeyDigest = digestOf(deciding, 'server', request.serverKey);
  if (serverKeyDigest === undefined) return { kind: 'unauthenticated' };
  const context = await deciding.serverKeys.get(serverKeyDigest);
  if (context?.serverKey.status !== 'active') return { kind: 'unauthenticated' };
  const { environmentId } = context.environment;
  const asked = askedKey(deciding, context, request);
  if (asked.kind === 'refused') {
    // No key is looked up, whose shard could say that this environment is out.
    const current = await deciding.store.readEnvironmentVersion(environmentId);
    if (current === undefined) return { kind: 'unavailable', retryAfterSeconds };
    if (current <= context.environmentVersion) return reply(request, context, asked.verdict);
    await deciding.serverKeys.reload(serverKeyDigest, current);
    return { kind: 'again' };
  }
  const { digest } = asked;

  const found = await findKey(deciding, context, digest);
  if (found.kind === 'unknown') return reply(request, context, 'INVALID_KEY');
  const made = found.kind === 'known' ? await commit(deciding, { request, context, key: found.key, startedMs }) : found;
  switch (made.kind) {
    case 'decided':
      return {
        ...reply(request, context, made.verdict, found.kind === 'known' ? found.key : undefined),
        ...(made.limits ? { limits: made.limits } : {}),
        ...(made.exceeded ? { exceeded: made.exceeded } : {}),
      };
    case 'incomplete':
      return { kind: 'unavailable', retryAfterSeconds };
    case 'stale':
      if (made.subject === 'client') deciding.keys.forget(environmentId, digest);
      else await deciding.serverKeys.reload(serverKeyDigest, made.version);
      return { kind: 'again' };
  }
}

type Asked = { kind: 'key'; digest: string } | { kind: 'refused'; verdict: Verdict };

/** The key that the request is about, by the environment as it is known here; or why there is none. */
function askedKey(deciding: Deciding, { environment }: ServerKeyContext, request: DecisionRequest): Asked {
  const { projectEnv, settings } = environment;
  const refused = (verdict: Verdict): Asked => ({ kind: 'refused', verdict });
  if (request.projectEnv !== undefined && request.projectEnv !== projectEnv) return refused('ENVIRONMENT_UNKNOWN');
  if (settings.encryption === 'required' && request.replayId === undefined) return refused('ENCRYPTION_REQUIRED');
  const presented = presentedKey(request.headers, settings.keyHeader);
  if (presented.kind === 'none') return refused('MISSING_KEY');
  const digest = presented.kind === 'one' ? digestOf(deciding, 'customer', presented.raw) : undefined;
  return digest === undefined ? refused('INVALID_KEY') : { kind: 'key', digest };
}

type Found = { kind: 'known'; key: KeyRecord } | { kind: 'unknown' } | Exclude<DecideAnswer, { kind: 'decided' }>;

/** The key's record, from this process or from the store. An unknown key is judged by the newest environment only. */
async function findKey(deciding: Deciding, context: ServerKeyContext, digest: string): Promise<Found> {
  const { environmentId } = context.environment;
  const held = deciding.keys.held(environmentId, digest);
  if (held) return knownKey(context, held);
  const { environmentVersion, record } = await deciding.keys.read(environmentId, digest);
  if (environmentVersion === undefined) return { kind: 'incomplete' };
  if (environmentVersion > context.environmentVersion)
    return { kind: 'stale', subject: 'environment', version: environmentVersion };
  return record ? knownKey(context, record) : { kind: 'unknown' };
}

/** A template that this environment does not hold yet is no licence: the environment is older than the key. */
function knownKey({ environment, environmentVersion }: ServerKeyContext, key: KeyRecord): Found {
  const isKnown = key.templateId === undefined || key.templateId in environment.templates;
  return isKnown ? { kind: 'known', key } : { kind: 'stale', subject: 'environment', version: environmentVersion };
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
    replayId: request.replayId,
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
    event: eventFields({ request, environment, key, durationUs, callerIp: caller }),
  });
}

function digestOf({ pepper }: Deciding, domain: 'server' | 'customer', raw: string): string | undefined {
  const key = canonicalKey(raw);
  return key && keyDigest({ pepper, domain, canonical: key.canonical }).toString('base64url');
}

function reply(request: DecisionRequest, context: ServerKeyContext, verdict: Verdict, key?: KeyRecord): DecisionReply {
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
