import type { WebhookDelivery } from '@keyward/contract/routes/webhook';
import type { DeliveryRow } from '@keyward/stores/postgres/webhook-deliveries';

/** A delivery as the API shows it: of what was answered, the status alone. */
export function viewDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.event_id,
    type: row.type,
    status: row.status,
    attempts: row.attempts,
    createdAt: row.created_at.toISOString(),
    lastAttemptAt: row.last_attempt_at?.toISOString() ?? null,
    nextAttemptAt: row.next_attempt_at?.toISOString() ?? null,
    lastStatus: row.last_status,
    lastFault: row.last_fault,
  };
}
