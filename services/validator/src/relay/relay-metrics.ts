import { pause } from '@keyward/kit/pause';
import type { Backlog, Outbox } from '@keyward/stores/ports/outbox';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { RelayProgress } from './relay-progress.ts';
import type { ShardLeases } from './shard-leases.ts';

interface RelayMetricsOptions {
  outbox: Pick<Outbox, 'backlogs'>;
  leases: Pick<ShardLeases, 'owned'>;
  progress: RelayProgress;
}

/** A store that does not answer by then leaves its figures out; the others are shown. */
const timeoutMs = 1_000;

/** What a relay tells of itself, read when somebody looks. */
export function showRelayMetrics(metrics: Registry, { outbox, leases, progress }: RelayMetricsOptions): void {
  const registers = [metrics];
  showBacklogs(metrics, () => outbox.backlogs(leases.owned()));
  new Gauge({
    name: 'keyward_relay_owned_shards',
    help: 'Shards whose outbox this relay owns.',
    registers,
    collect() {
      this.set(leases.owned().length);
    },
  });
  new Gauge({
    name: 'keyward_relay_unacknowledged_age_seconds',
    help: 'How long the oldest events on their way have waited for the acknowledgement of the log; 0: none are.',
    registers,
    collect() {
      this.set(progress.unacknowledgedMs / 1_000);
    },
  });
  for (const [name, help, read] of totals(progress)) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
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

function showBacklogs(metrics: Registry, read: () => Promise<Backlog[]>): void {
  const gauges: [name: string, help: string, figure: (backlogs: readonly Backlog[]) => number][] = [
    ['keyward_outbox_waiting_entries', 'Entries in the outboxes that this relay owns.', sumOfEntries],
    ['keyward_outbox_oldest_entry_age_seconds', 'Age of the oldest of these entries.', greatestAgeSeconds],
  ];
  /** Both are collected at the same time, by one look. */
  let looking: Promise<Backlog[] | undefined> | undefined;
  const look = () => {
    looking ??= answerInTime(read()).finally(() => {
      looking = undefined;
    });
    return looking;
  };
  for (const [name, help, figure] of gauges) {
    new Gauge({
      name,
      help,
      registers: [metrics],
      async collect() {
        this.remove();
        const backlogs = await look();
        if (backlogs) this.set(figure(backlogs));
      },
    });
  }
}

const sumOfEntries = (backlogs: readonly Backlog[]) => backlogs.reduce((sum, { entries }) => sum + entries, 0);
const greatestAgeSeconds = (backlogs: readonly Backlog[]) => Math.max(0, ...backlogs.map(({ ageMs }) => ageMs)) / 1_000;

async function answerInTime<T>(answer: Promise<T>): Promise<T | undefined> {
  const answered = new AbortController();
  const lost = () => undefined;
  try {
    return await Promise.race([answer.catch(lost), pause(timeoutMs, answered.signal).then(lost)]);
  } finally {
    answered.abort();
  }
}
