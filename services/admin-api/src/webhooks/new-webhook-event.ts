import type { WebhookEvent } from '@keyward/contract/webhook-event';
import { newId } from '@keyward/kit/random';
import type { NewWebhookEvent } from '@keyward/stores/postgres/webhook-events';

/** The event with its id, which every attempt carries, and the body that every attempt sends. */
export function newWebhookEvent({ type, environmentId, data }: WebhookEvent, now: Date): NewWebhookEvent {
  const payload = JSON.stringify({ type, timestamp: now.toISOString(), data: { environmentId, ...data } });
  return { id: newId(), environmentId, type, payload };
}
