import { outboundRules } from '@keyward/kit/outbound-rules';
import { type Installation, readVariables } from './installation.ts';
import { type Labels, type Workload, workloadsOf } from './manifest.ts';
import { namedTargets } from './named-targets.ts';
import { type End, isLet } from './policies.ts';

/** Whom applications and people reach; whom Prometheus reaches, the pods say themselves. */
const doors = ['gateway', 'admin-api'];
/** It calls webhooks and an issuer, wherever users say, within the rules for that. */
const callsOutside = ['admin-api'];
/** Of OTLP over HTTP. */
const collectorPort = 4318;
/** A port that nobody has. */
const noPort = 1;
const dns = { namespace: { 'kubernetes.io/metadata.name': 'kube-system' }, labels: { 'k8s-app': 'kube-dns' } };
/** Beside and within what may not be called: metadata services, private, mapped and translated addresses. */
const addresses =
  '1.1.1.1 8.8.8.8 9.255.255.255 10.0.0.1 10.255.255.255 11.0.0.0 100.63.255.255 100.64.0.1 100.100.100.200 127.0.0.1 168.63.129.16 169.254.169.254 169.254.170.2 172.15.255.255 172.16.0.1 172.31.255.255 172.32.0.0 192.0.0.192 192.168.1.1 198.18.0.1 203.0.113.1 224.0.0.1 255.255.255.255 ::1 ::ffff:10.0.0.1 64:ff9b::a00:1 fd00:ec2::254 fe80::1 2001:db8::1 2002:a00:1::1 2606:4700:4700::1111 ff02::1'.split(
    ' ',
  );

/** Connections that the configuration needs and the policies forbid, at either end, and those that they allow and nothing needs. */
export function networkFaults(installation: Installation): string[] {
  const workloads = workloadsOf(installation.manifests);
  return workloads.flatMap((workload) => [
    ...pathFaults(workload, installation, workloads),
    ...outsideFaults(workload, installation),
    ...collectorFaults(workload, installation),
    ...callerFaults(workload, installation),
  ]);
}

/** To the other pods, and to the stores outside. */
function pathFaults(from: Workload, installation: Installation, workloads: readonly Workload[]): string[] {
  const { targets, lost } = namedTargets(from, installation);
  const inside = workloads
    .filter((to) => to !== from)
    .flatMap((to) => [...portsOf(to), noPort].map((port) => ({ to: to as Workload | { address: string }, port })));
  const outside = workloads.flatMap((each) =>
    namedTargets(each, installation).targets.filter(({ to }) => 'address' in to),
  );
  return [
    ...lost.map((place) => `${from.name} names ${place}, which is nowhere`),
    ...[...inside, ...outside].flatMap(({ to, port }) => {
      const isNeeded = targets.some((target) => target.port === port && nameOf(target.to) === nameOf(to));
      const end: End = 'address' in to ? to : { workload: to };
      return faultOf({
        from: { workload: from },
        to: end,
        port,
        isNeeded,
        installation,
        what: `${from.name} → ${nameOf(to)}:${port}`,
      });
    }),
  ];
}

/** To names, and to the rest of the world. */
function outsideFaults(from: Workload, installation: Installation): string[] {
  const rules = outboundRules();
  const own: End = { workload: from };
  const known = Object.values(installation.hosts);
  const storePorts = new Set(namedTargets(from, installation).targets.map(({ port }) => port));
  return [
    ...(['UDP', 'TCP'] as const).flatMap((protocol) =>
      faultOf({
        from: own,
        to: dns,
        port: 53,
        protocol,
        isNeeded: true,
        installation,
        what: `${from.name} → DNS over ${protocol}`,
      }),
    ),
    ...[
      { to: { ...dns, labels: {} }, port: 53, what: `${from.name} → kube-system:53` },
      { to: dns, port: 443, what: `${from.name} → DNS:443` },
    ].flatMap((each) => faultOf({ ...each, from: own, isNeeded: false, installation })),
    ...addresses
      .filter((address) => !known.includes(address))
      .flatMap((address) => [443, ...storePorts].map((port) => ({ address, port })))
      .flatMap(({ address, port }) => {
        const isNeeded = callsOutside.includes(from.service) && rules.allows('', address);
        return faultOf({
          from: own,
          to: { address },
          port,
          isNeeded,
          installation,
          what: `${from.name} → ${address}:${port}`,
        });
      }),
  ];
}

/** To the collector of traces, where there is one. */
function collectorFaults(from: Workload, installation: Installation): string[] {
  const [url] = from.pod.containers.flatMap(
    (container) => readVariables(from, container, installation).OTEL_EXPORTER_OTLP_ENDPOINT ?? [],
  );
  const collector = url === undefined ? undefined : Number(new URL(url).port);
  return [collectorPort, noPort].flatMap((port) =>
    faultOf({
      from: { workload: from },
      to: ofNamespace({ 'keyward-access': 'traces' }),
      port,
      isNeeded: port === collector,
      installation,
      what: `${from.name} → the collector:${port}`,
    }),
  );
}

/** From other namespaces, and from outside. */
function callerFaults(to: Workload, installation: Installation): string[] {
  const scraped = Number(to.annotations['prometheus.io/port']);
  const http = to.pod.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === 'http')?.containerPort;
  return [...portsOf(to), noPort].flatMap((port) => {
    const callers: [string, End, boolean][] = [
      [
        'the ingress controller',
        ofNamespace({ 'keyward-access': 'ingress' }),
        doors.includes(to.service) && port === http,
      ],
      ['Prometheus', ofNamespace({ 'keyward-access': 'metrics' }), port === scraped],
      ['another namespace', ofNamespace({ 'kubernetes.io/metadata.name': 'other' }), false],
      ['anybody', { address: '1.1.1.1' }, false],
    ];
    return callers.flatMap(([name, from, isNeeded]) =>
      faultOf({ from, to: { workload: to }, port, isNeeded, installation, what: `${name} → ${to.name}:${port}` }),
    );
  });
}

interface Asked {
  from: End;
  to: End;
  port: number;
  protocol?: 'TCP' | 'UDP';
  isNeeded: boolean;
  installation: Installation;
  what: string;
}

function faultOf({ from, to, port, protocol = 'TCP', isNeeded, installation, what }: Asked): string[] {
  return (['Egress', 'Ingress'] as const).flatMap((way) => {
    const isOpen = isLet(way, installation.manifests, { from, to, port, protocol });
    if (isOpen === undefined || isOpen === isNeeded) return [];
    const word = way === 'Egress' ? 'out' : 'in';
    return [isNeeded ? `${what} is needed, and not let ${word}` : `${what} is let ${word}, and nothing needs it`];
  });
}

const ofNamespace = (namespace: Labels): End => ({ namespace, labels: {} });
const nameOf = (to: Workload | { address: string }) => ('address' in to ? to.address : to.name);

function portsOf({ pod }: Workload): number[] {
  return pod.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
}
