import type { WebhookEvent } from '@keyward/contract/webhook-event';
import { asOnlyTeller } from '@keyward/stores/postgres/as-only-teller';
import { type ExpiryNoticeDue, takeExpiryNotices } from '@keyward/stores/postgres/expiry-notices';
import { writeWebhookEvents } from '@keyward/stores/postgres/webhook-events';
import type { Administration } from '../administration.ts';
import { newWebhookEvent } from './new-webhook-event.ts';

const rowsAtOnce = 500;

/** Tells webhooks of keys that expire, each notice once; `more`: there may be others. */
export async function tellOfExpiries(
  { db, clock }: Pick<Administration, 'db' | 'clock'>,
  noticeDays: readonly number[],
): Promise<'done' | 'more'> {
  const now = new Date(clock.nowMs());
  const taken = await asOnlyTeller(db, async (transaction) => {
    const due = await takeExpiryNotices(transaction, { now, limit: rowsAtOnce, noticeDays });
    const events = due.filter(({ isForNobody }) => !isForNobody).map(eventOf);
    await writeWebhookEvents(
      transaction,
      events.map((event) => newWebhookEvent(event, now)),
      now,
    );
    return due.length;
  });
  return taken === rowsAtOnce ? 'more' : 'done';
}

function eventOf({ environmentId, clientId, keyId, expiresAt, noticeDays }: ExpiryNoticeDue): WebhookEvent {
  const data = { clientId, keyId, expiresAt: expiresAt.toISOString() };
  return noticeDays === null
    ? { type: 'key.expired', environmentId, data }
    : { type: 'key.expiring', environmentId, data: { ...data, noticeDays } };
}
