import { BlockList, isIP } from 'node:net';
import {
  isSelected,
  type Labels,
  type Manifest,
  ofKind,
  type Peer,
  type PolicyPort,
  type Workload,
} from './manifest.ts';

/** Who is at one end of a connection: a pod of ours, a pod of another namespace, or an address outside. */
export type End = { workload: Workload } | { namespace: Labels; labels: Labels } | { address: string };

export interface Connection {
  from: End;
  to: End;
  port: number;
  protocol: 'TCP' | 'UDP';
}

export type Way = 'Egress' | 'Ingress';

/**
 * Do the NetworkPolicies let this connection out of the pod that makes it, or into the one that it is to? As Kubernetes reads them: a
 * pod that none selects is open. undefined: that end is no pod of ours.
 */
export function isLet(way: Way, manifests: readonly Manifest[], connection: Connection): boolean | undefined {
  const [own, other] = way === 'Egress' ? [connection.from, connection.to] : [connection.to, connection.from];
  if (!('workload' in own)) return undefined;
  const { labels } = own.workload;
  const holding = ofKind(manifests, 'NetworkPolicy').filter(
    ({ spec }) => spec?.policyTypes?.includes(way) && isSelected(spec.podSelector, labels),
  );
  if (holding.length === 0) return true;
  return holding.some(({ spec }) => rulesOf(spec, way).some((rule) => takes(rule, other, connection)));
}

interface Rule {
  peers: readonly Peer[] | undefined;
  ports: readonly PolicyPort[] | undefined;
}

function rulesOf(spec: Manifest['spec'], way: Way): Rule[] {
  if (way === 'Egress') return (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  return (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
}

function takes({ peers, ports }: Rule, other: End, { to, port, protocol }: Connection): boolean {
  const isPort = (each: PolicyPort) =>
    each.protocol === protocol && numbersOf(each, to).some(([first, last]) => first <= port && port <= last);
  return (peers?.some((peer) => isPeer(peer, other)) ?? true) && (ports?.some(isPort) ?? true);
}

/** A port's name is the one that it has in the pod which is called. */
function numbersOf({ port, endPort }: PolicyPort, to: End): [number, number][] {
  if (typeof port === 'number') return [[port, endPort ?? port]];
  if (!('workload' in to)) return [];
  const ports = to.workload.pod.containers.flatMap((container) => container.ports ?? []);
  return ports.filter(({ name }) => name === port).map(({ containerPort }) => [containerPort, containerPort]);
}

function isPeer({ ipBlock, namespaceSelector, podSelector }: Peer, end: End): boolean {
  if ('address' in end)
    return (
      ipBlock !== undefined &&
      isIn(ipBlock.cidr, end.address) &&
      !ipBlock.except?.some((cidr) => isIn(cidr, end.address))
    );
  if (ipBlock) return false;
  if ('workload' in end) return namespaceSelector === undefined && isSelected(podSelector, end.workload.labels);
  return (
    namespaceSelector !== undefined &&
    isSelected(namespaceSelector, end.namespace) &&
    isSelected(podSelector, end.labels)
  );
}

function isIn(cidr: string, address: string): boolean {
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
  return isIP(cidr.split('/')[0] ?? '') === isIP(address) && rangeOf(cidr).check(address, family);
}

/** The same few ranges are asked for thousands of times. */
const ranges = new Map<string, BlockList>();

function rangeOf(cidr: string): BlockList {
  const known = ranges.get(cidr);
  if (known) return known;
  const [first = '', bits = ''] = cidr.split('/');
  const range = new BlockList();
  range.addSubnet(first, Number(bits), isIP(first) === 4 ? 'ipv4' : 'ipv6');
  ranges.set(cidr, range);
  return range;
}
