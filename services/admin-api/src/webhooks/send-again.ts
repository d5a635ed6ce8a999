import type { WebhookDelivery } from '@keyward/contract/routes/webhook';
import { AppError } from '@keyward/kit/app-error';
import { findDelivery, requestDeliveries } from '@keyward/stores/postgres/webhook-deliveries';
import { writeWebhookEventFor } from '@keyward/stores/postgres/webhook-events';
import type { Administration } from '../administration.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import type { Outcome } from '../changes/outcome.ts';
import { viewDelivery } from './delivery-view.ts';
import { newWebhookEvent } from './new-webhook-event.ts';
import { lockedWebhook } from './read-webhooks.ts';

/** Has an event of a webhook sent again, under the same id. */
export async function replayDelivery(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, deliveryId }: { id: string; deliveryId: string },
): Promise<Outcome<WebhookDelivery>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    const { id: webhookId } = await lockedWebhook(transaction, environment, id);
    await requestDeliveries(transaction, { webhookId, eventId: deliveryId, now });
    const row = await findDelivery(transaction, webhookId, deliveryId);
    if (!row) throw new AppError('NOT_FOUND', 'There is no such delivery.');
    const after = { deliveryId: row.event_id };
    const subject = { kind: 'webhook', id: webhookId };
    change.record({ action: 'webhook.replay', subject, environmentId: environment.id, after });
    return { status: 202, body: viewDelivery(row) };
  });
}

/** Has all dead events of a webhook sent again. */
export async function replayDeliveries(
  administration: Administration,
  call: EnvironmentChangeCall,
  id: string,
): Promise<Outcome<{ requested: number }>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    const { id: webhookId } = await lockedWebhook(transaction, environment, id);
    const requested = await requestDeliveries(transaction, { webhookId, now });
    const subject = { kind: 'webhook', id: webhookId };
    change.record({ action: 'webhook.replay-all', subject, environmentId: environment.id, after: { requested } });
    return { status: 202, body: { requested } };
  });
}

/** Sends a webhook an event that says nothing but that somebody tries it. */
export async function testWebhook(
  administration: Administration,
  call: EnvironmentChangeCall,
  id: string,
): Promise<Outcome<WebhookDelivery>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    const { id: webhookId, enabled } = await lockedWebhook(transaction, environment, id);
    if (!enabled)
      throw new AppError('CONFLICT', 'This webhook is disabled, and nothing is sent to it; enable it first.');
    const event = newWebhookEvent({ type: 'webhook.test', environmentId: environment.id, data: { webhookId } }, now);
    await writeWebhookEventFor(transaction, webhookId, { event, now });
    const row = await findDelivery(transaction, webhookId, event.id);
    if (!row) throw new Error('an event that was just written is there');
    const subject = { kind: 'webhook', id: webhookId };
    change.record({ action: 'webhook.test', subject, environmentId: environment.id });
    return { status: 202, body: viewDelivery(row) };
  });
}
