import type { Logger } from '@keyward/kit/logger';
import type { OutboundCall } from '@keyward/kit/outbound-call';
import { newId, randomFraction } from '@keyward/kit/random';
import { type ClaimedDelivery, claimDeliveries, markDelivery } from '@keyward/stores/postgres/webhook-deliveries';
import { noteAttempt } from '@keyward/stores/postgres/webhooks';
import type { Administration } from '../administration.ts';
import { type AttemptOutcome, attemptDelivery } from './attempt-delivery.ts';
import { disableWebhook } from './disable-webhook.ts';
import { retryDelayMs } from './retry-schedule.ts';
import { readWebhookSecrets } from './webhook-secrets.ts';

export interface Courier {
  administration: Administration;
  call: OutboundCall;
  logger: Logger;
  /** A webhook that has failed for so long is disabled. */
  disableAfterDays: number;
}

/** At once to one receiver. */
const perLot = 8;
/** Longer than a call and its note may take: after that another may try, since whoever is at it has died. */
const leaseMs = 60_000;
/** After that others that wait are served before it goes on. */
const turnMs = 5_000;
const dayMs = 86_400_000;
const gone = 410;

/**
 * Sends a webhook what is due, a lot at a time, until there is no more or its turn is over. Replicas may do so at the same time: what one has claimed the
 * others pass over. Who dies after sending and before noting it leaves a delivery that is sent again, with the same id.
 */
export async function deliverDue(courier: Courier, webhookId: string, signal: AbortSignal): Promise<void> {
  const { clock } = courier.administration;
  const endMs = clock.monotonicMs() + turnMs;
  while (!signal.aborted && clock.monotonicMs() < endMs) {
    if ((await deliverLot(courier, webhookId)) === 0) return;
  }
}

async function deliverLot(courier: Courier, webhookId: string): Promise<number> {
  const { db, clock, secrets } = courier.administration;
  const now = new Date(clock.nowMs());
  const lease = newId();
  const until = new Date(now.getTime() + leaseMs);
  const claimed = await claimDeliveries(db, { webhookId, lease, now, until, limit: perLot });
  if (claimed.length === 0) return 0;
  const opened = await readWebhookSecrets(db, { webhookId, secrets, now });
  const ends = await Promise.allSettled(
    claimed.map((delivery) => deliverOne(courier, { delivery, webhookId, lease, secrets: opened })),
  );
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return claimed.length;
}

interface One {
  delivery: ClaimedDelivery;
  webhookId: string;
  lease: string;
  secrets: readonly Buffer[];
}

async function deliverOne(courier: Courier, { delivery, webhookId, lease, secrets }: One): Promise<void> {
  const { db, clock } = courier.administration;
  const outcome = await attemptDelivery(courier.call, { delivery, secrets, nowMs: clock.nowMs() });
  const at = new Date(clock.nowMs());
  const { eventId, url } = delivery;
  const fate = fateOf(outcome, delivery.attempts, at);
  const isMarked = await markDelivery(db, { webhookId, eventId, lease, at, answer: outcome.answer, ...fate });
  if (!isMarked) return;
  const failedAt = fate.status === 'delivered' ? null : at;
  const failingSince = await noteAttempt(db, webhookId, { url, failedAt });
  if (failingSince !== null) await disableIfHopeless(courier, { delivery, webhookId, outcome, failingSince, at });
}

type Fate = { status: 'delivered' | 'dead'; nextAttemptAt: null } | { status: 'failed'; nextAttemptAt: Date };

function fateOf({ answer, retryAfterMs }: AttemptOutcome, attempts: number, at: Date): Fate {
  const status = 'status' in answer ? answer.status : undefined;
  if (status !== undefined && status >= 200 && status < 300) return { status: 'delivered', nextAttemptAt: null };
  const delayMs = retryDelayMs({ attempts, retryAfterMs, chance: randomFraction() });
  if (status === gone || delayMs === undefined) return { status: 'dead', nextAttemptAt: null };
  return { status: 'failed', nextAttemptAt: new Date(at.getTime() + delayMs) };
}

interface Failed {
  delivery: ClaimedDelivery;
  webhookId: string;
  outcome: AttemptOutcome;
  failingSince: Date;
  at: Date;
}

/** "410 Gone: […] Sender should disable the webhook endpoint, and stop sending it messages." (Standard Webhooks) */
async function disableIfHopeless(
  { administration, logger, disableAfterDays }: Courier,
  { delivery, webhookId, outcome, failingSince, at }: Failed,
): Promise<void> {
  const isGone = 'status' in outcome.answer && outcome.answer.status === gone;
  if (!isGone && at.getTime() - failingSince.getTime() < disableAfterDays * dayMs) return;
  const { organizationId, environmentId } = delivery;
  const reason = isGone ? 'gone' : 'failing';
  await disableWebhook(administration, {
    webhook: { id: webhookId, organizationId, environmentId },
    reason,
    failingSince,
  });
  logger.info({ webhookId, environmentId, reason }, 'a webhook was disabled');
}
