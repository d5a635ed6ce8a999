import { Counter, Gauge, type Registry } from 'prom-client';
import type { DirectEvents } from './direct-events.ts';
import type { EventSpool } from './event-spool.ts';

/** Shows what becomes of the events of decisions that were made without the store. */
export function showDirectEvents(metrics: Registry, events: DirectEvents, spool: EventSpool | undefined): void {
  const registers = [metrics];
  new Gauge({
    name: 'keyward_direct_events_waiting',
    help: 'Events of decisions without Redis that wait in memory for the event log.',
    registers,
    collect() {
      this.set(events.counts.waiting);
    },
  });
  new Gauge({
    name: 'keyward_direct_events_spooled_bytes',
    help: 'Size of the files in which such events wait.',
    registers,
    collect() {
      this.set(spool?.bytes ?? 0);
    },
  });
  showTotal({
    name: 'keyward_direct_events_refused_total',
    help: 'Such events that the event log will never take.',
    registers,
    total: () => events.counts.refused,
  });
  showTotal({
    name: 'keyward_direct_events_lost_total',
    help: 'Such events that are lost, because the process stopped before they were kept.',
    registers,
    total: () => events.counts.lost,
  });
}

function showTotal({
  total,
  ...options
}: {
  name: string;
  help: string;
  registers: Registry[];
  total(): number;
}): void {
  new Counter({
    ...options,
    collect() {
      this.reset();
      this.inc(total());
    },
  });
}
