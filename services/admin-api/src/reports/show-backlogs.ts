import type { Clock } from '@keyward/kit/clock';
import type { ServiceContext } from '@keyward/kit/service';
import { type Figure, showFigures } from '@keyward/kit/show-figures';
import type { Database } from '@keyward/stores/postgres/database';
import { type ManagementBacklogs, readManagementBacklogs } from '@keyward/stores/postgres/management-backlogs';

/** What waits for Redis or for a webhook: each admin-api says the same of all. */
export function showBacklogs(
  metrics: ServiceContext<unknown>['metrics'],
  { db, clock }: { db: Database; clock: Clock },
): void {
  showFigures(metrics, { read: () => readManagementBacklogs(db, new Date(clock.nowMs())), figures });
}

const figures: readonly Figure<ManagementBacklogs>[] = [
  {
    name: 'keyward_projection_waiting_changes',
    help: 'Changes that are stored, and that Redis has not been told of.',
    of: ({ changes }) => changes.count,
  },
  {
    name: 'keyward_projection_oldest_change_age_seconds',
    help: 'Age of the oldest of these changes: so long validators may have decided by what was before.',
    of: ({ changes }) => changes.ageSeconds,
  },
  {
    name: 'keyward_webhook_due_deliveries',
    help: 'Deliveries to enabled webhooks that are due, and that nobody is at.',
    of: ({ deliveries }) => deliveries.count,
  },
  {
    name: 'keyward_webhook_oldest_due_age_seconds',
    help: 'How long the oldest of these deliveries has been due.',
    of: ({ deliveries }) => deliveries.ageSeconds,
  },
  {
    name: 'keyward_webhook_dead_deliveries',
    help: 'Deliveries that were given up, for as long as they are kept (`WEBHOOK_RETENTION_DAYS`).',
    of: ({ dead }) => dead.deliveries,
  },
  {
    name: 'keyward_dead_events',
    help: 'Events that could not be counted and are kept as dead letters.',
    of: ({ dead }) => dead.events,
  },
];
