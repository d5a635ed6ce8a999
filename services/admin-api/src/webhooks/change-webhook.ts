import type { Removed } from '@keyward/contract/fields';
import { Webhook, type WebhookChange } from '@keyward/contract/routes/webhook';
import { deleteWebhook, updateWebhook, type WebhookRowChange } from '@keyward/stores/postgres/webhooks';
import type { Administration } from '../administration.ts';
import { etagOf, requireMatch } from '../changes/etag.ts';
import { type EnvironmentChangeCall, makeChange } from '../changes/make-change.ts';
import { done, type Outcome, removed } from '../changes/outcome.ts';
import { checkWebhook } from './create-webhook.ts';
import { lockedWebhook } from './read-webhooks.ts';
import { viewWebhook } from './webhook-view.ts';

/** Changes what the body names. What waits goes to the new URL, too. */
export async function changeWebhook(
  administration: Administration,
  call: EnvironmentChangeCall,
  { id, change: asked }: { id: string; change: WebhookChange },
): Promise<Outcome<Webhook>> {
  const { environment } = call;
  checkWebhook(administration, asked);
  return makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    const row = await lockedWebhook(transaction, environment, id);
    const before = viewWebhook(row);
    requireMatch(call.ifMatch, etagOf(Webhook, before));
    const after = viewWebhook(await updateWebhook(transaction, row.id, { ...columnsOf(asked), updated_at: now }));
    const subject = { kind: 'webhook', id: row.id };
    change.record({ action: 'webhook.change', subject, environmentId: environment.id, before, after });
    return done(after);
  });
}

export async function removeWebhook(
  administration: Administration,
  call: EnvironmentChangeCall,
  id: string,
): Promise<Outcome<Removed>> {
  const { environment } = call;
  return makeChange(administration, call, async (change) => {
    const row = await lockedWebhook(change.transaction, environment, id);
    const before = viewWebhook(row);
    requireMatch(call.ifMatch, etagOf(Webhook, before));
    await deleteWebhook(change.transaction, row.id);
    const subject = { kind: 'webhook', id: row.id };
    change.record({ action: 'webhook.delete', subject, environmentId: environment.id, before });
    return removed;
  });
}

/** Who decides about it, or sends it elsewhere, begins anew with its failures. */
function columnsOf({ url, events, description, enabled }: WebhookChange): WebhookRowChange {
  return {
    ...(url === undefined ? {} : { url, failing_since: null }),
    ...(events === undefined ? {} : { events }),
    ...(description === undefined ? {} : { description }),
    ...(enabled === undefined ? {} : { enabled, disabled_reason: null, failing_since: null }),
  };
}
