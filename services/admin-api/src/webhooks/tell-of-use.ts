import type { WebhookEvent } from '@keyward/contract/webhook-event';
import { asOnlyTeller } from '@keyward/stores/postgres/as-only-teller';
import { type RefusedKey, takeFirstUses, takeRefusals, type UsedKey } from '@keyward/stores/postgres/use-notices';
import { writeWebhookEvents } from '@keyward/stores/postgres/webhook-events';
import type { Administration } from '../administration.ts';
import { newWebhookEvent } from './new-webhook-event.ts';

const rowsAtOnce = 500;

/**
 * Tells webhooks what ingest has counted that is news: keys used for the first time, and refused for a limit or as abnormal. What
 * is counted late is told late, and each once. `more`: there may be others.
 */
export async function tellOfUse({ db, clock }: Pick<Administration, 'db' | 'clock'>): Promise<'done' | 'more'> {
  const now = new Date(clock.nowMs());
  const taken = await asOnlyTeller(db, async (transaction) => {
    const used = await takeFirstUses(transaction, { now, limit: rowsAtOnce });
    const refused = await takeRefusals(transaction, { limit: rowsAtOnce });
    const events = [...used.map(firstUse), ...refused.map(refusal)].map((event) => newWebhookEvent(event, now));
    await writeWebhookEvents(transaction, events, now);
    return Math.max(used.length, refused.length);
  });
  return taken === rowsAtOnce ? 'more' : 'done';
}

function firstUse({ environmentId, clientId, keyId }: UsedKey): WebhookEvent {
  return { type: 'key.first_used', environmentId, data: { clientId, keyId } };
}

function refusal({ environmentId, clientId, keyId, hour, verdict }: RefusedKey): WebhookEvent {
  const type = verdict === 'RATE_LIMITED' ? 'limit.reached' : 'usage.abnormal';
  return { type, environmentId, data: { clientId, keyId, hour: hour.toISOString() } };
}
