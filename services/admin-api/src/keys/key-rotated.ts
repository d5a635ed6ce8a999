import type { WebhookEvent } from '@keyward/contract/webhook-event';
import type { KeyRow } from '@keyward/stores/postgres/clients';
import { keyExpiryMs } from '@keyward/stores/postgres/key-expiry';
import type { Change } from '../changes/change.ts';

interface Rotated {
  /** The old key, as it is from now on. */
  key: KeyRow;
  successorId: string;
}

/** What webhooks are told of a key that got a successor. */
export function keyRotated({ now }: Pick<Change, 'now'>, { key, successorId }: Rotated): WebhookEvent {
  const endMs = keyExpiryMs(key) ?? 0;
  const overlapEndsAt = endMs > now.getTime() ? new Date(endMs).toISOString() : null;
  const data = { clientId: key.client_id, keyId: key.id, successorId, overlapEndsAt };
  return { type: 'key.rotated', environmentId: key.environment_id, data };
}
