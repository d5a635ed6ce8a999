import { isSelected, type Manifest, ofKind, type Workload, workloadsOf } from './manifest.ts';

/** Services without pods, ports that no container has, selectors that miss their own pods. */
export function serviceFaults(manifests: readonly Manifest[]): string[] {
  const workloads = workloadsOf(manifests);
  return [
    ...ofKind(manifests, 'Service').flatMap((service) => endpointFaults(service, workloads)),
    ...ofKind(manifests, 'Ingress').flatMap((ingress) => backendFaults(ingress, ofKind(manifests, 'Service'))),
    ...workloads.flatMap(ownFaults),
  ];
}

function endpointFaults({ metadata, spec }: Manifest, workloads: readonly Workload[]): string[] {
  const pods = workloads.filter(({ labels }) => isSelected({ matchLabels: spec?.selector ?? {} }, labels));
  if (pods.length !== 1) return [`Service ${metadata.name} selects the pods of ${pods.length} workloads`];
  return (spec?.ports ?? []).flatMap(({ port, targetPort = port }) =>
    pods
      .filter((pod) => !hasPort(pod, targetPort))
      .map(({ name }) => `Service ${metadata.name} leads to port ${targetPort}, which ${name} does not have`),
  );
}

function backendFaults({ metadata, spec }: Manifest, services: readonly Manifest[]): string[] {
  const hosts = (spec?.tls ?? []).flatMap((tls) => tls.hosts);
  return (spec?.rules ?? []).flatMap(({ host, http }) => [
    ...(hosts.includes(host) ? [] : [`Ingress ${metadata.name} has no certificate for ${host}`]),
    ...http.paths.flatMap(({ backend: { service } }) => {
      const ports = services.find((each) => each.metadata.name === service.name)?.spec?.ports ?? [];
      return ports.some(({ name }) => name === service.port.name)
        ? []
        : [`Ingress ${metadata.name} leads to port ${service.port.name}, which Service ${service.name} does not have`];
    }),
  ]);
}

function ownFaults(workload: Workload): string[] {
  const { kind, name, labels, annotations, pod, manifest } = workload;
  const faults: string[] = [];
  if (/^(Deployment|StatefulSet)$/.test(kind) && !isSelected(manifest.spec?.selector, labels))
    faults.push(`${kind} ${name} does not select its own pods`);
  for (const { startupProbe, livenessProbe, readinessProbe } of pod.containers)
    for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
      const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port;
      if (port !== undefined && !hasPort(workload, port))
        faults.push(`${kind} ${name} is probed at ${port}, which it does not have`);
    }
  const scraped = annotations['prometheus.io/port'];
  if (scraped !== undefined && !hasPort(workload, Number(scraped)))
    faults.push(`${kind} ${name} is scraped at ${scraped}, which it does not have`);
  return faults;
}

function hasPort({ pod }: Workload, port: string | number): boolean {
  const ports = pod.containers.flatMap((container) => container.ports ?? []);
  return ports.some(({ name, containerPort }) => port === name || port === containerPort);
}
