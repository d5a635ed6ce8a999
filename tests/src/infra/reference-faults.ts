import type { Installation } from './installation.ts';
import { type Manifest, type Workload, workloadsOf } from './manifest.ts';

/** What manifests name and nobody has: ConfigMaps, Secrets and their keys, accounts, volumes, claims, targets, backends. */
export function referenceFaults({ manifests, secrets }: Installation): string[] {
  const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const has = (kind: string, name: string | undefined) => names.includes(`${kind} ${name}`);
  const twice = names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name} is there twice`);
  const strays = manifests
    .filter(({ kind, metadata }) => kind !== 'Namespace' && !has('Namespace', metadata.namespace))
    .map(
      ({ kind, metadata }) => `${kind} ${metadata.name} is in the namespace ${metadata.namespace}, which is not made`,
    );
  const missing = [
    ...workloadsOf(manifests).flatMap((workload) => namedBy(workload)),
    ...manifests.flatMap((manifest) => namedByManifest(manifest)),
  ]
    .filter(({ kind, name, key }) => (kind === 'Secret' ? secrets[name]?.[key ?? ''] === undefined : !has(kind, name)))
    .map(
      ({ by, kind, name, key }) =>
        `${by} names ${kind} ${key === undefined ? name : `${name}/${key}`}, which is not there`,
    );
  return [...twice, ...strays, ...missing, ...workloadsOf(manifests).flatMap(unmounted)];
}

interface Named {
  by: string;
  kind: string;
  name: string;
  key?: string;
}

function namedBy({ kind: by, name: of, pod, manifest }: Workload): Named[] {
  const named: Omit<Named, 'by'>[] = [{ kind: 'ServiceAccount', name: pod.serviceAccountName ?? 'default' }];
  if (manifest.kind === 'StatefulSet') named.push({ kind: 'Service', name: manifest.spec?.serviceName ?? '' });
  for (const { persistentVolumeClaim, secret } of pod.volumes ?? []) {
    if (persistentVolumeClaim) named.push({ kind: 'PersistentVolumeClaim', name: persistentVolumeClaim.claimName });
    for (const { key } of secret?.items ?? []) named.push({ kind: 'Secret', name: secret?.secretName ?? '', key });
  }
  for (const { envFrom = [], env = [] } of pod.containers) {
    for (const { configMapRef } of envFrom) named.push({ kind: 'ConfigMap', name: configMapRef?.name ?? '' });
    for (const { valueFrom } of env) {
      const ref = valueFrom?.secretKeyRef;
      if (ref && !ref.optional) named.push({ kind: 'Secret', name: ref.name, key: ref.key });
    }
  }
  return named.map((each) => ({ by: `${by} ${of}`, ...each }));
}

function namedByManifest({ kind, metadata, spec }: Manifest): Named[] {
  const by = `${kind} ${metadata.name}`;
  const target = spec?.scaleTargetRef;
  const backends = (kind === 'Ingress' ? (spec?.rules ?? []) : []).flatMap(({ http }) =>
    http.paths.map(({ backend }) => ({ by, kind: 'Service', name: backend.service.name })),
  );
  return [...(target ? [{ by, kind: target.kind, name: target.name }] : []), ...backends];
}

/** Mounts without a volume, and volumes that nobody mounts. */
function unmounted({ kind, name, pod, manifest }: Workload): string[] {
  const claims = manifest.spec?.volumeClaimTemplates?.map(({ metadata }) => metadata.name) ?? [];
  const volumes = [...(pod.volumes?.map((volume) => volume.name) ?? []), ...claims];
  const mounts = pod.containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map((mount) => mount.name));
  return [
    ...mounts
      .filter((mount) => !volumes.includes(mount))
      .map((mount) => `${kind} ${name} mounts ${mount}, which is no volume`),
    ...volumes
      .filter((volume) => !mounts.includes(volume))
      .map((volume) => `${kind} ${name} mounts its volume ${volume} nowhere`),
  ];
}
