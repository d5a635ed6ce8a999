import { showGauge } from '@keyward/kit/show-gauge';
import { showTotal } from '@keyward/kit/show-total';
import type { Registry } from 'prom-client';
import type { DirectEvents } from './direct-events.ts';
import type { EventSpool } from './event-spool.ts';

/** Shows what becomes of the events of decisions that were made without the store. */
export function showDirectEvents(metrics: Registry, events: DirectEvents, spool: EventSpool | undefined): void {
  showGauge(metrics, {
    name: 'keyward_direct_events_waiting',
    help: 'Events of decisions without Redis that wait in memory for the event log.',
    read: () => events.counts.waiting,
  });
  showGauge(metrics, {
    name: 'keyward_direct_events_spooled_bytes',
    help: 'Size of the files in which such events wait.',
    read: () => spool?.bytes ?? 0,
  });
  showTotal(metrics, {
    name: 'keyward_direct_events_refused_total',
    help: 'Such events that the event log will never take.',
    read: () => events.counts.refused,
  });
  showTotal(metrics, {
    name: 'keyward_direct_events_lost_total',
    help: 'Such events that are lost, because the process stopped before they were kept.',
    read: () => events.counts.lost,
  });
}
