import type { OutboundFault } from '@keyward/contract/outbound-fault';
import type { ColumnType, Generated } from 'kysely';

export interface WebhookSchema {
  webhook: WebhookTable;
  webhook_secret: WebhookSecretTable;
  webhook_event: WebhookEventTable;
  webhook_delivery: WebhookDeliveryTable;
}

type Time = ColumnType<Date, Date, Date>;
type CreatedAt = ColumnType<Date, Date, never>;

interface WebhookTable {
  id: string;
  organization_id: string;
  environment_id: string;
  url: string;
  description: string | null;
  /** `*`: all. */
  events: string[];
  enabled: boolean;
  /** Why it was disabled by itself. */
  disabled_reason: 'failing' | 'gone' | null;
  /** The first failure since the last success. */
  failing_since: Time | null;
  created_at: CreatedAt;
  updated_at: Time;
}

/** What deliveries are signed with, all that have not expired. */
interface WebhookSecretTable {
  id: string;
  webhook_id: string;
  /** AES-256-GCM under the master key, row id as additional data. */
  sealed: Buffer;
  created_at: CreatedAt;
  expires_at: Time | null;
}

interface WebhookEventTable {
  id: string;
  environment_id: string;
  type: string;
  /** The body of each delivery, byte for byte. */
  payload: string;
  created_at: CreatedAt;
}

/** An event on its way to a webhook. */
interface WebhookDeliveryTable {
  webhook_id: string;
  event_id: string;
  status: 'pending' | 'delivered' | 'failed' | 'dead';
  attempts: Generated<number>;
  /** null: there will be none. While somebody is at it: when another may try, should they have died. */
  next_attempt_at: Time | null;
  /** Who is at it. */
  lease: string | null;
  last_attempt_at: Time | null;
  last_status: number | null;
  last_fault: OutboundFault | null;
}
