import { isSelected, type Manifest, ofKind, type Workload, workloadsOf } from './manifest.ts';

/** What would keep nodes from being drained, or services from growing and from outliving a node. */
export function availabilityFaults(manifests: readonly Manifest[]): string[] {
  const workloads = workloadsOf(manifests);
  const scalers = ofKind(manifests, 'HorizontalPodAutoscaler');
  const budgets = ofKind(manifests, 'PodDisruptionBudget');
  return [
    ...budgets.flatMap((budget) => budgetFaults(budget, workloads, scalers)),
    ...scalers.flatMap((scaler) => scalerFaults(scaler, workloads)),
    ...workloads
      .filter(({ kind }) => kind === 'Deployment')
      .flatMap((workload) => deploymentFaults(workload, scalers, budgets)),
    ...ofKind(manifests, 'CronJob')
      .filter(({ spec }) => spec?.concurrencyPolicy === 'Forbid' && !spec.jobTemplate?.spec.activeDeadlineSeconds)
      .map(({ metadata }) => `CronJob ${metadata.name} never runs again once it hangs`),
  ];
}

function budgetFaults(
  { metadata, spec }: Manifest,
  workloads: readonly Workload[],
  scalers: readonly Manifest[],
): string[] {
  const chosen = workloads.filter(({ labels }) => isSelected(spec?.selector, labels));
  if (chosen.length !== 1)
    return [`PodDisruptionBudget ${metadata.name} selects the pods of ${chosen.length} workloads`];
  const { maxUnavailable, minAvailable } = spec ?? {};
  const fewest = Math.min(
    ...chosen.map(
      (workload) => scalerOf(workload, scalers)?.spec?.minReplicas ?? workload.manifest.spec?.replicas ?? 1,
    ),
  );
  const allowed = typeof minAvailable === 'number' ? fewest - minAvailable : maxUnavailable;
  return typeof allowed === 'number' && allowed >= 1 ? [] : [`PodDisruptionBudget ${metadata.name} lets no pod go`];
}

function scalerFaults({ metadata, spec }: Manifest, workloads: readonly Workload[]): string[] {
  const target = workloads.find(
    ({ kind, name }) => kind === spec?.scaleTargetRef?.kind && name === spec.scaleTargetRef.name,
  );
  const faults: string[] = [];
  if ((spec?.minReplicas ?? 1) >= (spec?.maxReplicas ?? 0)) faults.push('has no room to grow');
  if (target?.manifest.spec?.replicas !== undefined) faults.push('and its Deployment both say how many pods there are');
  for (const { resource } of spec?.metrics ?? [])
    if (target?.pod.containers.some(({ resources }) => resources?.requests?.[resource.name] === undefined))
      faults.push(`measures by the request of ${resource.name}, which there is none of`);
  return faults.map((fault) => `HorizontalPodAutoscaler ${metadata.name} ${fault}`);
}

function deploymentFaults(workload: Workload, scalers: readonly Manifest[], budgets: readonly Manifest[]): string[] {
  const { name, labels, pod, manifest } = workload;
  const faults: string[] = [];
  if (!budgets.some(({ spec }) => isSelected(spec?.selector, labels))) faults.push('has no PodDisruptionBudget');
  if (!scalerOf(workload, scalers) && manifest.spec?.replicas === undefined)
    faults.push('does not say how many pods it has');
  const spread = pod.topologySpreadConstraints ?? [];
  if (spread.length < 2 || !spread.every(({ labelSelector }) => isSelected(labelSelector, labels)))
    faults.push('is not spread over nodes and zones');
  return faults.map((fault) => `Deployment ${name} ${fault}`);
}

function scalerOf({ kind, name }: Workload, scalers: readonly Manifest[]): Manifest | undefined {
  return scalers.find(({ spec }) => spec?.scaleTargetRef?.kind === kind && spec.scaleTargetRef.name === name);
}
