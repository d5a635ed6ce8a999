import { performance } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import { showGauge } from './show-gauge.ts';
import { showTotal } from './show-total.ts';

/**
 * What this process takes of its machine, under the names that Prometheus' client libraries share. Read when somebody looks: the
 * collectors that come with prom-client leave a timer and an observer behind, which outlive the service.
 */
export function showProcess(metrics: Registry): void {
  showTotal(metrics, {
    name: 'process_cpu_seconds_total',
    help: 'CPU time of this process, of the user and of the system, seconds.',
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000_000;
    },
  });
  showGauge(metrics, {
    name: 'process_resident_memory_bytes',
    help: 'Memory that this process holds.',
    read: () => process.memoryUsage.rss(),
  });
  showGauge(metrics, {
    name: 'nodejs_heap_size_used_bytes',
    help: 'What of it JavaScript uses.',
    read: () => process.memoryUsage().heapUsed,
  });
  showTotal(metrics, {
    name: 'nodejs_eventloop_active_seconds_total',
    help: 'How long the event loop was at work, seconds; one second a second is all that there is.',
    read: () => performance.eventLoopUtilization().active / 1_000,
  });
}
