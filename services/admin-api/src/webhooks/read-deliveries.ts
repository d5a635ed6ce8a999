import { Id } from '@keyward/contract/fields';
import type { DeliveryQuery, WebhookDelivery } from '@keyward/contract/routes/webhook';
import { compileValidator } from '@keyward/kit/validation';
import type { EnvironmentRow } from '@keyward/stores/postgres/projects';
import { listDeliveries } from '@keyward/stores/postgres/webhook-deliveries';
import type { Administration } from '../administration.ts';
import { InputCheck } from '../input.ts';
import { cutPart, readCursor } from '../reports/cursor.ts';
import { viewDelivery } from './delivery-view.ts';
import { readWebhook } from './read-webhooks.ts';

const place = compileValidator(Id);

interface Part {
  environment: EnvironmentRow;
  id: string;
  query: DeliveryQuery;
}

/** A part of what was or is to be sent to a webhook, newest first; what comes meanwhile is before it. */
export async function readDeliveries(
  { db }: Administration,
  { environment, id, query }: Part,
): Promise<{ data: WebhookDelivery[]; nextCursor: string | null }> {
  const { limit = 50, cursor, status, type } = query;
  const check = new InputCheck();
  const after = readCursor(check, cursor, place);
  check.done();
  const { id: webhookId } = await readWebhook({ db }, environment, id);
  const rows = await listDeliveries(db, { webhookId, filter: { status, type }, after, limit: limit + 1 });
  const { shown, nextCursor } = cutPart(rows, limit, ({ event_id }) => event_id);
  return { data: shown.map(viewDelivery), nextCursor };
}
