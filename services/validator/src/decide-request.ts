import type { DecisionReply, DecisionRequest } from '@keyward/contract/decisions';
import type { ExceededLimit } from '@keyward/contract/limits';
import { isSampled } from '@keyward/contract/traceparent';
import type { Refusal } from '@keyward/contract/verdict';
import { windowAt } from '@keyward/decision/calendar';
import type { Clock } from '@keyward/kit/clock';
import type { Tracing } from '@keyward/kit/tracing';
import type { DecideAnswer, DecideCommand, DecisionStore } from '@keyward/stores/ports/decision-store';
import { StoreAway } from '@keyward/stores/store-away';
import { type AskedKey, askedKey } from './asked-key.ts';
import { decideCommand } from './decide-command.ts';
import { decideWithoutStore, unavailable } from './decide-without-store.ts';
import { decidedReply } from './decided-reply.ts';
import type { DecisionMetrics } from './decision-metrics.ts';
import type { FailurePolicy } from './failure-policy.ts';
import { findKey, forgetKey } from './find-key.ts';
import type { FoundKey } from './found-key.ts';
import type { KeyDigests } from './key-digests.ts';
import type { KeyRecords } from './key-records.ts';
import type { RefusalCounts } from './refusal-counts.ts';
import { requestSignature } from './request-signature.ts';
import type { ServerKeyContext, ServerKeyContexts } from './server-key-contexts.ts';
import { serverKeyStanding } from './server-key-standing.ts';
import type { SignedKeys } from './signed-keys.ts';

export interface Deciding {
  store: DecisionStore;
  serverKeys: ServerKeyContexts;
  keys: KeyRecords;
  signedKeys: SignedKeys;
  refusals: RefusalCounts;
  digests: KeyDigests;
  clock: Clock;
  failurePolicy: Pick<FailurePolicy, 'verdict'>;
  metrics: DecisionMetrics;
  tracing?: Tracing | undefined;
  warnStoreAway(error: unknown): void;
}

/** Under 7,000 changes a second the worst call needed 11 (design.md §2.5). */
const maxAttempts = 16;

type Attempt = DecisionReply | { kind: 'again' } | { kind: 'incomplete' };

/** One validation (design.md §2, steps 3 to 5). Where the store cannot be asked, or was lost, the policy answers. */
export async function decideRequest(deciding: Deciding, request: DecisionRequest): Promise<DecisionReply> {
  const startedMs = deciding.clock.monotonicMs();
  try {
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      if (attempt > 0) deciding.metrics.repeated();
      const outcome = await attemptOnce(deciding, request, startedMs);
      if (outcome.kind === 'incomplete') return decideWithoutStore(deciding, request, startedMs);
      if (outcome.kind !== 'again') return outcome;
    }
    return unavailable;
  } catch (error) {
    if (!(error instanceof StoreAway)) throw error;
    deciding.warnStoreAway(error);
    return decideWithoutStore(deciding, request, startedMs);
  }
}

async function attemptOnce(deciding: Deciding, request: DecisionRequest, startedMs: number): Promise<Attempt> {
  const serverKeyDigest = deciding.digests.of('server', request.serverKey);
  if (serverKeyDigest === undefined) return { kind: 'unauthenticated' };
  const context = deciding.serverKeys.held(serverKeyDigest) ?? (await readContext(deciding, request, serverKeyDigest));
  const standing = context && serverKeyStanding(context.serverKey, deciding.clock.nowMs());
  if (!context || standing === 'dead') return { kind: 'unauthenticated' };
  const outcome = await (standing === 'lacking'
    ? refuseLacking(deciding, context)
    : judge(deciding, { request, context, startedMs }));
  switch (outcome.kind) {
    case 'reply':
      return outcome.reply;
    case 'predates':
      return unavailable;
    case 'incomplete':
      return outcome;
    case 'stale':
      if (outcome.subject === 'environment') await deciding.serverKeys.reload(serverKeyDigest, outcome.version);
      return { kind: 'again' };
  }
}

async function readContext(
  { serverKeys, digests }: Deciding,
  { serverKey }: DecisionRequest,
  digest: string,
): Promise<ServerKeyContext | undefined> {
  const context = await serverKeys.get(digest);
  if (context) digests.learn('server', serverKey);
  return context;
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
        reply: { ...decidedReply(request, context, 'RATE_LIMITED'), exceeded: newClientsExceeded(deciding) },
      };
    case 'stale':
    case 'incomplete':
      return found;
    case 'known':
      return decideKnown(deciding, each, found);
  }
}

/** A scope may have been given to it since it was read; that it is revoked, or at its end, is for good. */
async function refuseLacking({ store }: Deciding, context: ServerKeyContext): Promise<Outcome> {
  const version = await store.readEnvironmentVersion(context.environment.environmentId);
  if (version === undefined) return { kind: 'incomplete' };
  if (version > context.environmentVersion) return { kind: 'stale', subject: 'environment', version };
  return { kind: 'reply', reply: { kind: 'forbidden' } };
}

/** No key is looked up, whose shard could say that this environment is out. */
async function refuseUnasked(deciding: Deciding, { request, context }: Case, code: Refusal): Promise<Outcome> {
  const { environmentId } = context.environment;
  const version = await deciding.store.readEnvironmentVersion(environmentId);
  if (version === undefined) return { kind: 'incomplete' };
  if (version > context.environmentVersion) return { kind: 'stale', subject: 'environment', version };
  deciding.refusals.add(environmentId, code);
  return { kind: 'reply', reply: decidedReply(request, context, code) };
}

async function refuseUnknown(deciding: Deciding, { request, context }: Case, asked: AskedKey): Promise<Outcome> {
  const { environmentVersion, environment } = context;
  const code = 'INVALID_KEY';
  const { environmentId } = environment;
  const answer = await deciding.store.refuseUnknown({ environmentId, environmentVersion, digest: asked.digest, code });
  if (answer.kind === 'known') return { kind: 'stale', subject: 'client', version: 0 };
  return answer.kind === 'counted' ? { kind: 'reply', reply: decidedReply(request, context, code) } : answer;
}

/** The day's number of new clients is a limit of the environment. */
function newClientsExceeded({ clock }: Deciding): ExceededLimit {
  const nowMs = clock.nowMs();
  const retryAfterSeconds = Math.ceil((windowAt('day', nowMs).endMs - nowMs) / 1_000);
  return { subject: 'environment', window: 'day', retryAfterSeconds };
}

/** The script that makes the decision final, and puts its event into the outbox. */
async function decideInStore(
  deciding: Deciding,
  command: DecideCommand,
  parent: string | undefined,
): Promise<DecideAnswer> {
  const { store, clock, metrics, tracing } = deciding;
  const span = isSampled(parent) ? tracing?.start('decision script', { kind: 'client', parent }) : undefined;
  span?.set('db.system.name', 'redis');
  const sentMs = clock.monotonicMs();
  try {
    const answer = await store.decide(command);
    metrics.scriptRan(clock.monotonicMs() - sentMs);
    span?.set('keyward.answer', answer.kind);
    if (answer.kind === 'decided') span?.note('outbox append');
    return answer;
  } catch (error) {
    span?.fail();
    throw error;
  } finally {
    span?.end();
  }
}

async function decideKnown(
  deciding: Deciding,
  { request, context, startedMs }: Case,
  { asked, key }: { asked: AskedKey; key: FoundKey },
): Promise<Outcome> {
  // Few requests are signed; the others need not wait for a turn of the event loop.
  const signature = request.signature && (await requestSignature(request, context.environment.requestKeys));
  const command = decideCommand(deciding.clock, { request, context, key, startedMs, signature });
  const made = await decideInStore(deciding, command, request.traceparent);
  if (made.kind === 'stale' && made.subject === 'client') forgetKey(deciding, context.environment.environmentId, asked);
  if (made.kind !== 'decided') return made;
  return {
    kind: 'reply',
    reply: {
      ...decidedReply(request, context, made.verdict, { key, uses: made.uses }),
      ...(made.limits ? { limits: made.limits } : {}),
      ...(made.exceeded ? { exceeded: made.exceeded } : {}),
    },
  };
}
