import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Labels, type Manifest, workloadsOf } from './manifest.ts';
import { type RelabelConfig, relabelled } from './relabel.ts';

const path = new URL('../../../infra/observability/prometheus.kubernetes.yml', import.meta.url);

/** Where prometheus.kubernetes.yml makes Prometheus look, of one pod of each workload: `job scheme port`. */
export function scrapedTargets(manifests: readonly Manifest[]): string[] {
  const { scrape_configs } = parse(readFileSync(path, 'utf8')) as {
    scrape_configs: { relabel_configs: RelabelConfig[] }[];
  };
  return scrape_configs.flatMap(({ relabel_configs }) =>
    podTargets(manifests)
      .map((target) => relabelled(target, relabel_configs))
      .filter((labels) => labels !== undefined)
      .map((labels) => `${labels.job} ${labels.__scheme__} ${labels.__meta_kubernetes_pod_container_port_number}`),
  );
}

/** As the discovery of pods tells of them: a target for each port. */
function podTargets(manifests: readonly Manifest[]): Labels[] {
  return workloadsOf(manifests).flatMap(({ labels, annotations, pod }) =>
    pod.containers.flatMap(({ ports = [] }) =>
      ports.map(({ containerPort }) => ({
        __scheme__: 'http',
        job: 'keyward',
        __meta_kubernetes_pod_container_port_number: String(containerPort),
        ...meta('label', labels),
        ...meta('annotation', annotations),
      })),
    ),
  );
}

function meta(kind: 'label' | 'annotation', values: Labels): Labels {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      `__meta_kubernetes_pod_${kind}_${name.replaceAll(/[^\w]/g, '_')}`,
      value,
    ]),
  );
}
