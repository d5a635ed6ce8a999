import { newId } from '@keyward/kit/random';
import { lockWebhook, updateWebhook, type WebhookRow } from '@keyward/stores/postgres/webhooks';
import type { Administration } from '../administration.ts';
import { system } from '../changes/author.ts';
import { makeChange } from '../changes/make-change.ts';
import { done } from '../changes/outcome.ts';
import { viewWebhook } from './webhook-view.ts';

interface Disabling {
  webhook: { id: string; organizationId: string; environmentId: string };
  reason: 'gone' | 'failing';
  /** Somebody who has enabled it, or sent it elsewhere, since then is not overruled. */
  failingSince: Date;
}

/** Ends what goes to a webhook that nobody answers any more, until somebody enables it again. */
export async function disableWebhook(
  administration: Administration,
  { webhook, reason, failingSince }: Disabling,
): Promise<void> {
  const { id, organizationId, environmentId } = webhook;
  const call = { organizationId, author: system, requestId: newId() };
  await makeChange(administration, call, async (change) => {
    const { transaction, now } = change;
    const row = await lockWebhook(transaction, { environmentId, id });
    if (!row || !hasFailedSince(row, failingSince)) return done({});
    const fields = { enabled: false, disabled_reason: reason, updated_at: now };
    const after = viewWebhook(await updateWebhook(transaction, id, fields));
    const subject = { kind: 'webhook', id };
    change.record({ action: 'webhook.disable', subject, environmentId, before: viewWebhook(row), after });
    return done({});
  });
}

function hasFailedSince({ enabled, failing_since }: WebhookRow, since: Date): boolean {
  return enabled && failing_since?.getTime() === since.getTime();
}
