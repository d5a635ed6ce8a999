import { loadConfig } from '@keyward/kit/config';
import { Process } from '@keyward/kit/process-config';
import { stopPatienceMs } from '@keyward/kit/stop-on-signal';
import { type Installation, variablesOf } from './installation.ts';
import { type Container, type Workload, workloadsOf } from './manifest.ts';

/** Services whose pods end while they are still being called, or before they have finished what they are at. */
export function stoppingFaults(installation: Installation): string[] {
  return workloadsOf(installation.manifests)
    .filter(({ kind }) => kind === 'Deployment')
    .flatMap((workload) => faultsOf(workload, installation));
}

function faultsOf({ name, pod }: Workload, installation: Installation): string[] {
  const faults: string[] = [];
  const graceMs = (pod.terminationGracePeriodSeconds ?? 30) * 1_000;
  for (const container of pod.containers) {
    const servedMs = preStopMs(container) + drainMs(container, installation);
    if (servedMs < calledMs(container)) faults.push(`Deployment ${name} stops while it is still being called`);
    if (graceMs <= servedMs + stopPatienceMs) faults.push(`Deployment ${name} is killed before it gives up finishing`);
  }
  return faults;
}

function preStopMs({ lifecycle }: Container): number {
  return (lifecycle?.preStop?.sleep?.seconds ?? 0) * 1_000;
}

function drainMs(container: Container, installation: Installation): number {
  const { DRAIN_MS } = variablesOf(container, installation);
  return loadConfig(Process, DRAIN_MS === undefined ? {} : { DRAIN_MS }).DRAIN_MS;
}

/** How long it takes until whoever goes by readiness alone calls no more. */
function calledMs({ readinessProbe }: Container): number {
  const { periodSeconds = 10, failureThreshold = 3, timeoutSeconds = 1 } = readinessProbe ?? {};
  return (periodSeconds * failureThreshold + timeoutSeconds) * 1_000;
}
