import type { Service } from '../stack/images.ts';

const profiled: readonly Service[] = ['gateway', 'validator'];

/** For Node: the services of the hot path write a CPU profile into this folder when they end, a file each. */
export function profileOptions(folder: string): (service: Service) => string {
  return (service) =>
    profiled.includes(service) ? `--cpu-prof --cpu-prof-dir=${folder} --cpu-prof-name=${service}.cpuprofile` : '';
}
