import { sql } from 'kysely';
import type { Database } from './database.ts';

export interface NewWebhookEvent {
  id: string;
  environmentId: string;
  type: string;
  /** The body of its deliveries. */
  payload: string;
}

/**
 * Writes events for the webhooks that want them, and nothing of those that nobody wants; with the transaction they come to be, or
 * not at all. The webhooks stay until it ends.
 */
export async function writeWebhookEvents(
  transaction: Database,
  events: readonly NewWebhookEvent[],
  now: Date,
): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map(({ environmentId, ...event }) => ({ ...event, environment_id: environmentId }));
  await sql`
    with event as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as row (id uuid, environment_id uuid, type text, payload text)
    ), subscriber as (
      select id, environment_id, events from webhook
      where environment_id in (select environment_id from event) and enabled
      order by id for key share
    ), wanted as (
      select subscriber.id as webhook_id, event.id as event_id from subscriber
      join event on event.environment_id = subscriber.environment_id
        and subscriber.events && array['*', event.type]
    ), kept as (
      insert into webhook_event (id, environment_id, type, payload, created_at)
      select id, environment_id, type, payload, ${now}::timestamptz from event
      where id in (select event_id from wanted)
    )
    insert into webhook_delivery (webhook_id, event_id, status, next_attempt_at)
    select webhook_id, event_id, 'pending', ${now}::timestamptz from wanted`.execute(transaction);
}

/** Writes an event for one webhook, whatever else it wants. */
export async function writeWebhookEventFor(
  transaction: Database,
  webhookId: string,
  { event, now }: { event: NewWebhookEvent; now: Date },
): Promise<void> {
  const { id, environmentId: environment_id, type, payload } = event;
  await transaction
    .insertInto('webhook_event')
    .values({ id, environment_id, type, payload, created_at: now })
    .execute();
  await transaction
    .insertInto('webhook_delivery')
    .values({ webhook_id: webhookId, event_id: id, status: 'pending', next_attempt_at: now })
    .execute();
}

const rowsAtOnce = 5_000;

/** Forgets events of before, with their deliveries; a bounded number at once. Answers how many went. */
export async function dropOldWebhookEvents(db: Database, before: Date): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    delete from webhook_event where id in (
      select id from webhook_event where created_at < ${before} order by created_at limit ${rowsAtOnce}
    )`.execute(db);
  return Number(numAffectedRows);
}
