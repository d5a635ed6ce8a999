import { sql } from 'kysely';
import type { Database } from './database.ts';
import { countDeadLetters } from './dead-letters.ts';

/** What waits: how much, and how long the first of it has waited. */
export interface ManagementBacklog {
  count: number;
  ageSeconds: number;
}

export interface ManagementBacklogs {
  /** Changes that Redis has not been told of. */
  changes: ManagementBacklog;
  /** Deliveries to webhooks that are due. */
  deliveries: ManagementBacklog;
  /** How many deliveries, and how many events, were given up and are kept. */
  dead: { deliveries: number; events: number };
}

export async function readManagementBacklogs(db: Database, now: Date): Promise<ManagementBacklogs> {
  const [changes, deliveries, deadDeliveries, events] = await Promise.all([
    db
      .selectFrom('config_outbox')
      .select(({ fn }) => [fn.countAll<number>().as('count'), sql<Date | null>`min(created_at)`.as('first')])
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('webhook_delivery')
      .innerJoin('webhook', 'webhook.id', 'webhook_delivery.webhook_id')
      .select(({ fn }) => [fn.countAll<number>().as('count'), sql<Date | null>`min(next_attempt_at)`.as('first')])
      .where('webhook.enabled', '=', true)
      .where('webhook_delivery.status', 'in', ['pending', 'failed'])
      .where('webhook_delivery.next_attempt_at', '<=', now)
      .executeTakeFirstOrThrow(),
    db
      .selectFrom('webhook')
      .innerJoin('webhook_delivery', 'webhook.id', 'webhook_delivery.webhook_id')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('webhook_delivery.status', '=', 'dead')
      .executeTakeFirstOrThrow(),
    countDeadLetters(db),
  ]);
  const backlog = ({ count, first }: { count: number; first: Date | null }) => ({
    count,
    ageSeconds: first === null ? 0 : Math.max(0, now.getTime() - first.getTime()) / 1_000,
  });
  return {
    changes: backlog(changes),
    deliveries: backlog(deliveries),
    dead: { deliveries: deadDeliveries.count, events },
  };
}
