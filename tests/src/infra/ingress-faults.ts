import { type Installation, readVariables } from './installation.ts';
import { ofKind, workloadsOf } from './manifest.ts';

/** What admin-api does not know of the Ingress before it: where browsers reach it, and whose word about callers counts. */
export function ingressFaults(installation: Installation): string[] {
  const hosts = ofKind(installation.manifests, 'Ingress').flatMap(({ spec }) =>
    (spec?.rules ?? [])
      .filter(({ http }) => http.paths.some(({ backend }) => backend.service.name === 'admin-api'))
      .map(({ host }) => host),
  );
  if (hosts.length === 0) return [];
  return workloadsOf(installation.manifests)
    .filter(({ service }) => service === 'admin-api')
    .flatMap((workload) => workload.pod.containers.map((container) => readVariables(workload, container, installation)))
    .flatMap(({ PUBLIC_URL = '', TRUSTED_PROXIES = '' }) => [
      ...(hosts.some((host) => PUBLIC_URL === `https://${host}`) ? [] : ['PUBLIC_URL is not where the Ingress is']),
      ...(TRUSTED_PROXIES === '' ? ['TRUSTED_PROXIES does not name the Ingress'] : []),
    ]);
}
