import type { OutboundFault } from '@keyward/contract/outbound-fault';
import { type Selectable, sql } from 'kysely';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

/** A delivery with what its event says; each webhook has one of an event. */
export type DeliveryRow = Pick<
  Selectable<Schema['webhook_delivery']>,
  'event_id' | 'status' | 'attempts' | 'next_attempt_at' | 'last_attempt_at' | 'last_status' | 'last_fault'
> &
  Pick<Selectable<Schema['webhook_event']>, 'type' | 'created_at'>;

export interface DeliveryFilter {
  status?: DeliveryRow['status'] | undefined;
  type?: string | undefined;
}

interface DeliveryPart {
  webhookId: string;
  filter: DeliveryFilter;
  /** The event that the part before ended with. */
  after: string | undefined;
  limit: number;
}

/** Newest first. */
export async function listDeliveries(
  db: Database,
  { webhookId, filter, after, limit }: DeliveryPart,
): Promise<DeliveryRow[]> {
  let query = selectDeliveries(db, webhookId);
  if (filter.status !== undefined) query = query.where('webhook_delivery.status', '=', filter.status);
  if (filter.type !== undefined) query = query.where('webhook_event.type', '=', filter.type);
  if (after !== undefined) query = query.where('webhook_delivery.event_id', '<', after);
  return query.orderBy('webhook_delivery.event_id', 'desc').limit(limit).execute();
}

export async function findDelivery(db: Database, webhookId: string, eventId: string): Promise<DeliveryRow | undefined> {
  return selectDeliveries(db, webhookId).where('webhook_delivery.event_id', '=', eventId).executeTakeFirst();
}

function selectDeliveries(db: Database, webhookId: string) {
  return db
    .selectFrom('webhook_delivery')
    .innerJoin('webhook_event', 'webhook_event.id', 'webhook_delivery.event_id')
    .select([
      'webhook_delivery.event_id',
      'webhook_delivery.status',
      'webhook_delivery.attempts',
      'webhook_delivery.next_attempt_at',
      'webhook_delivery.last_attempt_at',
      'webhook_delivery.last_status',
      'webhook_delivery.last_fault',
      'webhook_event.type',
      'webhook_event.created_at',
    ])
    .where('webhook_delivery.webhook_id', '=', webhookId);
}

interface Replay {
  webhookId: string;
  /** All that are dead, unless one is named, which may be in any state. */
  eventId?: string;
  now: Date;
}

/** Lets deliveries begin anew; whoever is at one of them marks it no more. Answers how many. */
export async function requestDeliveries(db: Database, { webhookId, eventId, now }: Replay): Promise<number> {
  const query = db
    .updateTable('webhook_delivery')
    .set({ status: 'pending', attempts: 0, next_attempt_at: now, lease: null })
    .where('webhook_id', '=', webhookId);
  const { numUpdatedRows } = await (eventId === undefined
    ? query.where('status', '=', 'dead')
    : query.where('event_id', '=', eventId)
  ).executeTakeFirst();
  return Number(numUpdatedRows);
}

interface Due {
  now: Date;
  /** Webhooks that are being served, which are left out. */
  serving: readonly string[];
  limit: number;
}

/**
 * Enabled webhooks that have something to be sent now. Organizations take turns, those being served counted in, so that none waits
 * for all that another has; in each those come first that work, and of these the longest due.
 */
export async function listDueWebhooks(db: Database, { now, serving, limit }: Due): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with held as (
      select organization_id, count(*) as places from webhook
      where id = any(${serving}::uuid[]) group by organization_id
    ), due as (
      select id, organization_id, first.next_attempt_at, row_number() over (
        partition by organization_id order by failing_since is not null, first.next_attempt_at
      ) as place
      from webhook, lateral (
        select next_attempt_at from webhook_delivery
        where webhook_id = webhook.id and status in ('pending', 'failed') and next_attempt_at <= ${now}
        order by next_attempt_at limit 1
      ) first
      where enabled and id <> all(${serving}::uuid[])
    )
    select id from due left join held using (organization_id)
    order by place + coalesce(places, 0), next_attempt_at limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}

export interface ClaimedDelivery {
  eventId: string;
  payload: string;
  /** This one included. */
  attempts: number;
  url: string;
  organizationId: string;
  environmentId: string;
}

interface Claim {
  webhookId: string;
  /** Names the claim: by it alone they are marked. */
  lease: string;
  now: Date;
  /** Another may claim them after that. */
  until: Date;
  limit: number;
}

/** Claims deliveries of an enabled webhook that are due and that nobody else is at. */
export async function claimDeliveries(
  db: Database,
  { webhookId, lease, now, until, limit }: Claim,
): Promise<ClaimedDelivery[]> {
  const { rows } = await sql<ClaimedDelivery>`
    with due as materialized (
      select event_id from webhook_delivery
      where webhook_id = ${webhookId} and status in ('pending', 'failed') and next_attempt_at <= ${now}
      order by next_attempt_at, event_id limit ${limit} for update skip locked
    )
    update webhook_delivery delivery
    set lease = ${lease}::uuid, attempts = attempts + 1, next_attempt_at = ${until}::timestamptz
    from due, webhook, webhook_event event
    where delivery.webhook_id = ${webhookId} and delivery.event_id = due.event_id
      and event.id = due.event_id and webhook.id = ${webhookId} and webhook.enabled
    returning delivery.event_id as "eventId", event.payload, delivery.attempts, webhook.url,
      webhook.organization_id as "organizationId", webhook.environment_id as "environmentId"`.execute(db);
  return rows;
}

interface Mark {
  webhookId: string;
  eventId: string;
  lease: string;
  at: Date;
  status: 'delivered' | 'failed' | 'dead';
  nextAttemptAt: Date | null;
  answer: { status: number } | { fault: OutboundFault };
}

/** Writes down how an attempt went; false: the claim had run out, or somebody asked to begin anew. */
export async function markDelivery(db: Database, mark: Mark): Promise<boolean> {
  const { webhookId, eventId, lease, at, status, nextAttemptAt, answer } = mark;
  const { numUpdatedRows } = await db
    .updateTable('webhook_delivery')
    .set({
      status,
      next_attempt_at: nextAttemptAt,
      lease: null,
      last_attempt_at: at,
      last_status: 'status' in answer ? answer.status : null,
      last_fault: 'fault' in answer ? answer.fault : null,
    })
    .where('webhook_id', '=', webhookId)
    .where('event_id', '=', eventId)
    .where('lease', '=', lease)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
