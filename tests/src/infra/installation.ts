import type { Container, Manifest, PodSpec, Workload } from './manifest.ts';

/** An overlay as it is applied, with what it does not hold itself. */
export interface Installation {
  manifests: readonly Manifest[];
  /** What each Secret holds, by its name. */
  secrets: Readonly<Record<string, Record<string, string>>>;
  /** The addresses of hosts outside the cluster that the configuration names. */
  hosts: Readonly<Record<string, string>>;
}

/** A container's variables, from its ConfigMaps, itself, and Secrets; what names nothing is left out. */
export function variablesOf(container: Container, { manifests, secrets }: Installation): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { configMapRef } of container.envFrom ?? []) {
    const found = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef?.name);
    Object.assign(variables, found?.data);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const ref = valueFrom?.secretKeyRef;
    const text = ref ? secrets[ref.name]?.[ref.key] : value;
    if (text !== undefined) variables[name] = text;
  }
  return variables;
}

interface MountedFile {
  secret: string;
  key: string;
}

/** Which value of a Secret a container finds at `path`; undefined: none. */
export function mountedAt(path: string, pod: PodSpec, container: Container): MountedFile | undefined {
  for (const { name, mountPath } of container.volumeMounts ?? []) {
    const secret = pod.volumes?.find((volume) => volume.name === name)?.secret;
    const item = secret?.items.find((each) => `${mountPath}/${each.path}` === path);
    if (secret && item) return { secret: secret.secretName, key: item.key };
  }
  return undefined;
}

/** The variables as the program has them once it has read the files that they name. */
export function readVariables(workload: Workload, container: Container, installation: Installation) {
  const { secrets } = installation;
  return Object.fromEntries(
    Object.entries(variablesOf(container, installation)).map(([name, value]) => {
      const file = name.endsWith('_FILE') ? mountedAt(value, workload.pod, container) : undefined;
      return file ? [name.slice(0, -'_FILE'.length), secrets[file.secret]?.[file.key] ?? ''] : [name, value];
    }),
  );
}

/** The keys of all that a workload can read of Secrets. */
export function secretsHeldBy({ pod }: Workload): string[] {
  const mounted = (pod.volumes ?? []).flatMap(({ secret }) => secret?.items.map(({ key }) => key) ?? []);
  const named = pod.containers.flatMap(({ env = [] }) =>
    env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? []),
  );
  return [...mounted, ...named].sort();
}
