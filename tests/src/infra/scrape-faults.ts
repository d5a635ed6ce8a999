import { loadConfig } from '@keyward/kit/config';
import { Process } from '@keyward/kit/process-config';
import type { TObject } from 'typebox';
import { type Installation, variablesOf } from './installation.ts';
import { type Container, type Workload, workloadsOf } from './manifest.ts';
import { type Program, programs } from './programs.ts';

/** Services that Prometheus is not told of, or at a port where they show nothing. */
export function scrapeFaults(installation: Installation): string[] {
  return workloadsOf(installation.manifests)
    .filter(({ kind }) => kind === 'Deployment')
    .flatMap((workload) => {
      const { name, annotations } = workload;
      const told = annotations['prometheus.io/port'];
      if (annotations['prometheus.io/scrape'] !== 'true' || told === undefined) return [`${name} is not scraped`];
      const isShown = workload.pod.containers.some((each) => shownAt(workload, each, installation) === told);
      return isShown ? [] : [`${name} is scraped at ${told}, and shows no metrics there`];
    });
}

/** The program's own port, unless people come there: then it has another for its metrics, or shows none. */
function shownAt({ service }: Workload, container: Container, installation: Installation): string | undefined {
  const { PORT, METRICS_PORT } = variablesOf(container, installation);
  const schemas: readonly TObject[] = programs[service as Program] ?? []; // a Deployment may be of something else
  const hasAnother = schemas.some(({ properties }) => 'METRICS_PORT' in properties);
  return hasAnother ? METRICS_PORT : (PORT ?? String(loadConfig(Process, {}).PORT));
}
