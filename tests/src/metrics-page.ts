import { showBacklogs } from '@keyward/admin-api/reports/show-backlogs';
import { ConservationFindings } from '@keyward/admin-api/reports/watch-conservation';
import { GatewayMetrics } from '@keyward/gateway/gateway-metrics';
import { IngestMetrics } from '@keyward/ingest/ingest-metrics';
import { systemClock as clock } from '@keyward/kit/clock';
import type { App } from '@keyward/kit/http-app';
import { measureRequests } from '@keyward/kit/measure-requests';
import { showProcess } from '@keyward/kit/show-process';
import { DecisionMetrics } from '@keyward/validator/decision-metrics';
import { showDirectEvents } from '@keyward/validator/direct-event-metrics';
import { showRelayMetrics } from '@keyward/validator/relay/relay-metrics';
import { RelayProgress } from '@keyward/validator/relay/relay-progress';
import { Registry } from 'prom-client';

interface ShownMetrics {
  service: string;
  /** Where they are shown. */
  at: string;
  metrics: ShownMetric[];
}

interface ShownMetric {
  name: string;
  type: string;
  help: string;
  labels: string[];
}

/** What each service shows at `/metrics`, as it registers it; nobody reads a figure, so there need be none. */
export function shownMetrics(): ShownMetrics[] {
  const nothing = {} as never;
  const [gateway, validator, ingest, admin] = [new Registry(), new Registry(), new Registry(), new Registry()];
  new GatewayMetrics(gateway);
  showRelayMetrics(validator, { outbox: nothing, leases: nothing, progress: new RelayProgress(clock) });
  new DecisionMetrics(validator, nothing);
  showDirectEvents(validator, nothing, undefined);
  new IngestMetrics({ metrics: ingest, consumer: nothing, clock });
  new ConservationFindings(admin, clock);
  showBacklogs(admin, { db: nothing, clock });
  for (const each of [gateway, admin]) measureRequests({ addHook: () => undefined } as unknown as App, each); // which it asks for nothing else
  for (const registry of [gateway, validator, ingest, admin]) showProcess(registry);
  const ownPort = '`METRICS_PORT`, if there is one: its own port is open to people from outside';
  return [
    { service: 'gateway', at: ownPort, metrics: metricsIn(gateway) },
    { service: 'validator', at: 'its port', metrics: metricsIn(validator) },
    { service: 'ingest', at: 'its port', metrics: metricsIn(ingest) },
    {
      service: 'admin-api',
      at: ownPort,
      metrics: metricsIn(admin),
    },
  ];
}

function metricsIn(registry: Registry): ShownMetric[] {
  return registry.getMetricsAsArray().map((metric) => {
    const { name, type, help } = metric;
    const { labelNames = [] } = metric as { labelNames?: string[] }; // which prom-client's types leave out
    return { name, type: String(type), help, labels: labelNames };
  });
}
