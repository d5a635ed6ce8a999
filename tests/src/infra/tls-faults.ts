import { type Installation, mountedAt, readVariables, variablesOf } from './installation.ts';
import { type Container, type Workload, workloadsOf } from './manifest.ts';

/** Who would ask in clear where TLS is spoken, or the other way round, and certificates that are named and not mounted. */
export function tlsFaults(installation: Installation): string[] {
  const workloads = workloadsOf(installation.manifests);
  const secure = workloads.filter((each) => speaksTls(each, installation)).map(({ service }) => service);
  return workloads.flatMap((workload) => [
    ...probeFaults(workload, secure.includes(workload.service)),
    ...callFaults(workload, installation, secure),
    ...certificateFaults(workload, installation),
  ]);
}

function speaksTls({ pod }: Workload, installation: Installation): boolean {
  return pod.containers.some((container) => variablesOf(container, installation).TLS_CERT_FILE !== undefined);
}

/** Kubelet's probes, and Prometheus where it looks at the same port. */
function probeFaults({ name, annotations, pod }: Workload, isSecure: boolean): string[] {
  const [container] = pod.containers;
  const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe];
  const wrong = probes.some(({ httpGet } = {}) => httpGet && (httpGet.scheme === 'HTTPS') !== isSecure);
  const isSamePort = annotations['prometheus.io/port'] === String(portOf(container, 'http'));
  const isScrapedByTls = annotations['prometheus.io/scheme'] === 'https';
  return [
    ...(wrong ? [`${name} is probed ${isSecure ? 'in clear' : 'by TLS'}`] : []),
    ...(isScrapedByTls === (isSecure && isSamePort)
      ? []
      : [`${name} is scraped ${isScrapedByTls ? 'by TLS' : 'in clear'}`]),
  ];
}

function portOf(container: Container | undefined, name: string): number | undefined {
  return container?.ports?.find((port) => port.name === name)?.containerPort;
}

function callFaults(workload: Workload, installation: Installation, secure: readonly string[]): string[] {
  const called = workloadsOf(installation.manifests).map(({ service }) => service);
  return workload.pod.containers
    .flatMap((container) => Object.values(readVariables(workload, container, installation)))
    .flatMap((value) => [...value.matchAll(/(https?):\/\/([\w-]+):\d+/g)])
    .filter(([, scheme, host = '']) => called.includes(host) && (scheme === 'https') !== secure.includes(host))
    .map(([, scheme, host]) => `${workload.name} calls ${host} by ${scheme}`);
}

/** URLs of stores name files, too (docs/stores.md). */
function certificateFaults(workload: Workload, installation: Installation): string[] {
  return workload.pod.containers.flatMap((container) =>
    Object.values(readVariables(workload, container, installation))
      .flatMap((value) => [...value.matchAll(/[?&](?:sslrootcert|sslcert|sslkey)=([^&]+)/g)])
      .filter(([, path = '']) => !mountedAt(path, workload.pod, container))
      .map(([, path]) => `${workload.name} looks for ${path}, where nothing is mounted`),
  );
}
