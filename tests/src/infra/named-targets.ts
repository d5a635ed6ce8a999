import { type Installation, readVariables } from './installation.ts';
import { ofKind, type Workload, workloadsOf } from './manifest.ts';

/** Where a workload has to get to: a port of another one's pods, or of an address outside. */
export interface NamedTarget {
  to: Workload | { address: string };
  port: number;
}

/** Not for us to call: it tells browsers where we are. */
const notCalled = ['PUBLIC_URL'];

/** What the URLs among a workload's variables lead to, through Services of the cluster or hosts outside; `lost`: to nothing. */
export function namedTargets(
  workload: Workload,
  installation: Installation,
): { targets: NamedTarget[]; lost: string[] } {
  const places = workload.pod.containers.flatMap((container) =>
    Object.entries(readVariables(workload, container, installation))
      .filter(([name]) => name.endsWith('_URL') && !notCalled.includes(name))
      .flatMap(([, value]) => placesOf(value)),
  );
  const found = places.map((place) => ({ ...place, target: targetOf(place, installation) }));
  return {
    targets: found.flatMap(({ target }) => target ?? []),
    lost: found.filter(({ target }) => !target).map(({ host, port }) => `${host}:${port}`),
  };
}

interface Place {
  host: string;
  port: number;
}

/** The hosts of one URL, which may name several (`kafka://a:1,b:2/topic`), or of several URLs. */
function placesOf(text: string): Place[] {
  return text.split(/,(?=[\w+]+:\/\/)/).flatMap((url) => {
    const [, scheme = '', authority = ''] = /^([\w+]+):\/\/(?:[^@/]*@)?([^/?]+)/.exec(url) ?? [];
    return authority.split(',').map((each) => {
      const [host = '', port] = each.split(':');
      return { host, port: Number(port ?? (scheme === 'https' ? 443 : 80)) };
    });
  });
}

function targetOf({ host, port }: Place, { manifests, hosts }: Installation): NamedTarget | undefined {
  const address = hosts[host];
  if (address !== undefined) return { to: { address }, port };
  const service = ofKind(manifests, 'Service').find(({ metadata }) => metadata.name === host);
  const selected = Object.entries(service?.spec?.selector ?? {});
  const to = workloadsOf(manifests).find(
    ({ labels }) => selected.length > 0 && selected.every(([key, value]) => labels[key] === value),
  );
  const targetPort = service?.spec?.ports?.find((each) => each.port === port)?.targetPort;
  const containerPort = to?.pod.containers
    .flatMap((container) => container.ports ?? [])
    .find((each) => each.name === targetPort || each.containerPort === targetPort)?.containerPort;
  return to && containerPort !== undefined ? { to, port: containerPort } : undefined;
}
