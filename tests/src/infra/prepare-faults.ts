import type { Installation } from './installation.ts';
import { workloadsOf } from './manifest.ts';
import { namedTargets } from './named-targets.ts';
import { type End, isLet } from './policies.ts';
import { referenceFaults } from './reference-faults.ts';

/**
 * What the migrations lack when only what is labelled `step: prepare` is applied, as a release begins. In a new namespace the rest is
 * not there yet.
 */
export function prepareFaults(installation: Installation): string[] {
  const manifests = installation.manifests.filter(({ metadata }) => metadata.labels?.step === 'prepare');
  const prepared = { ...installation, manifests };
  const workloads = workloadsOf(manifests);
  const migrations = workloads.filter(({ service }) => service === 'migrate');
  const early = workloads
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ name }) => `${name} starts before the migrations`);
  const lost = migrations.flatMap((workload) => {
    const { targets, lost } = namedTargets(workload, prepared);
    const shut = targets.filter(({ to, port }) => {
      const end: End = 'address' in to ? to : { workload: to };
      const connection = { from: { workload }, to: end, port, protocol: 'TCP' } as const;
      return isLet('Egress', manifests, connection) === false || isLet('Ingress', manifests, connection) === false;
    });
    return lost.length + shut.length > 0 ? ['the migrations do not reach the database'] : [];
  });
  const faults = [...early, ...lost, ...referenceFaults(prepared)];
  return [...(migrations.length === 1 ? [] : ['there are no migrations']), ...faults].map(
    (fault) => `to prepare: ${fault}`,
  );
}
