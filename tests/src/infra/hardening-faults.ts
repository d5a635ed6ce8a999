import { type Container, type Manifest, ofKind, type Workload, workloadsOf } from './manifest.ts';

/** Programs of others that write beside themselves; the manifests say why. */
const writesOwnRoot = ['kafka'];

/** What a pod could do, or use up, that it need not; and how it is watched. */
export function hardeningFaults(manifests: readonly Manifest[]): string[] {
  const workloads = workloadsOf(manifests);
  return [
    ...ofKind(manifests, 'Namespace')
      .filter(({ metadata }) => metadata.labels?.['pod-security.kubernetes.io/enforce'] !== 'restricted')
      .map(({ metadata }) => `Namespace ${metadata.name} takes pods that are not restricted`),
    ...ofKind(manifests, 'Secret').map(({ metadata }) => `Secret ${metadata.name} stands in the repository`),
    ...ofKind(manifests, 'ServiceAccount')
      .filter((account) => account.automountServiceAccountToken !== false)
      .map(({ metadata }) => `ServiceAccount ${metadata.name} hands out its token`),
    ...workloads.flatMap((workload) => podFaults(workload, workloads)),
    ...workloads.flatMap((workload) =>
      workload.pod.containers.flatMap((container) => containerFaults(workload, container)),
    ),
  ];
}

function podFaults({ kind, name, pod }: Workload, workloads: readonly Workload[]): string[] {
  const { securityContext: context = {} } = pod;
  const shared = workloads.filter((other) => other.pod.serviceAccountName === pod.serviceAccountName).length > 1;
  return found(`${kind} ${name}`, [
    [pod.automountServiceAccountToken !== false, 'has the token of its account'],
    [shared, 'shares its account'],
    [pod.enableServiceLinks !== false, 'has variables that name Services'],
    [pod.hostNetwork === true, 'is in the network of the node'],
    [context.runAsNonRoot !== true || !context.runAsUser, 'may be root'],
    [context.seccompProfile?.type !== 'RuntimeDefault', 'may make any system call'],
  ]);
}

function containerFaults({ kind, name, service }: Workload, container: Container): string[] {
  const { securityContext: context = {}, resources: { requests = {}, limits = {} } = {} } = container;
  const { startupProbe, livenessProbe, readinessProbe } = container;
  const isService = kind === 'Deployment';
  return found(`${kind} ${name}`, [
    [context.allowPrivilegeEscalation !== false, 'may take privileges'],
    [context.privileged === true, 'is privileged'],
    [!context.capabilities?.drop?.includes('ALL') || context.capabilities.add !== undefined, 'has capabilities'],
    [context.readOnlyRootFilesystem !== true && !writesOwnRoot.includes(service), 'can write its root'],
    [!requests.cpu || !requests.memory || !requests['ephemeral-storage'], 'does not say what it needs'],
    [!limits.memory || !limits['ephemeral-storage'], 'may use up its node'],
    [!/:(?!latest$)[\w.-]+$/.test(container.image), 'runs an image without a version'],
    [isService && startupProbe?.httpGet?.path !== '/livez', 'has no time to start'],
    // Readiness asks stores; who restarts by it restarts everything when one is away.
    [isService && livenessProbe?.httpGet?.path !== '/livez', 'is not restarted by /livez'],
    [isService && readinessProbe?.httpGet?.path !== '/readyz', 'is called before it is ready'],
    [kind === 'StatefulSet' && !(livenessProbe && readinessProbe), 'is not watched'],
    [(container.volumeMounts ?? []).some(({ subPath }) => subPath !== undefined), 'has a mount that is never renewed'],
  ]);
}

function found(who: string, faults: readonly [isFault: boolean, what: string][]): string[] {
  return faults.filter(([isFault]) => isFault).map(([, what]) => `${who} ${what}`);
}
