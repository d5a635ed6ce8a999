import { type Figure, showFigures } from '@keyward/kit/show-figures';
import { showGauge } from '@keyward/kit/show-gauge';
import { showTotal } from '@keyward/kit/show-total';
import type { Backlog, Outbox } from '@keyward/stores/ports/outbox';
import type { Registry } from 'prom-client';
import type { RelayProgress } from './relay-progress.ts';
import type { ShardLeases } from './shard-leases.ts';

interface RelayMetricsOptions {
  outbox: Pick<Outbox, 'backlogs'>;
  leases: Pick<ShardLeases, 'owned'>;
  progress: RelayProgress;
}

/** What a relay tells of itself, read when somebody looks. */
export function showRelayMetrics(metrics: Registry, { outbox, leases, progress }: RelayMetricsOptions): void {
  showFigures(metrics, { read: () => outbox.backlogs(leases.owned()), figures: ofBacklogs });
  showGauge(metrics, {
    name: 'keyward_relay_owned_shards',
    help: 'Shards whose outbox this relay owns.',
    read: () => leases.owned().length,
  });
  showGauge(metrics, {
    name: 'keyward_relay_unacknowledged_age_seconds',
    help: 'How long the oldest events on their way have waited for the acknowledgement of the log; 0: none are.',
    read: () => progress.unacknowledgedMs / 1_000,
  });
  for (const [name, help, read] of totals(progress)) showTotal(metrics, { name, help, read });
}

function totals(progress: RelayProgress): [name: string, help: string, read: () => number][] {
  return [
    ['keyward_relay_events_total', 'Entries that the log has acknowledged.', () => progress.events],
    ['keyward_relay_batches_total', 'Batches that the log has acknowledged.', () => progress.batches],
    ['keyward_relay_failures_total', 'Batches that failed and come again.', () => progress.failures],
    [
      'keyward_relay_collapsed_events_total',
      'Decisions whose detail gave way to counts.',
      () => progress.collapsedEvents,
    ],
    ['keyward_relay_buried_entries_total', 'Entries that were moved to a dead list.', () => progress.buriedEntries],
  ];
}

const ofBacklogs: readonly Figure<readonly Backlog[]>[] = [
  {
    name: 'keyward_outbox_waiting_entries',
    help: 'Entries in the outboxes that this relay owns.',
    of: (backlogs) => backlogs.reduce((sum, { entries }) => sum + entries, 0),
  },
  {
    name: 'keyward_outbox_waiting_bytes',
    help: 'What these entries take of the memory of Redis, about.',
    of: (backlogs) => backlogs.reduce((sum, { bytes }) => sum + bytes, 0),
  },
  {
    name: 'keyward_outbox_oldest_entry_age_seconds',
    help: 'Age of the oldest of these entries.',
    of: (backlogs) => Math.max(0, ...backlogs.map(({ ageMs }) => ageMs)) / 1_000,
  },
];
