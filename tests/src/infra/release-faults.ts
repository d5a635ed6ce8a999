import { type Manifest, ofKind, workloadsOf } from './manifest.ts';

/** What would run another release than the rest, or keep the next one from being applied. */
export function releaseFaults(manifests: readonly Manifest[]): string[] {
  const own = workloadsOf(manifests).filter(({ pod }) =>
    pod.containers.some(({ image }) => /(^|\/)keyward\//.test(image)),
  );
  const tags = new Set(own.flatMap(({ pod }) => pod.containers.map(({ image }) => tagOf(image))));
  const [tag = ''] = tags;
  return [
    ...(tags.size === 1 ? [] : [`${[...tags].join(', ')} are run beside each other`]),
    // What a Job runs cannot be changed: under a name of before the next release would be refused.
    ...ofKind(manifests, 'Job')
      .filter(({ metadata }) => !metadata.name.endsWith(`-${tag}`))
      .map(({ metadata }) => `Job ${metadata.name} is not named for the release ${tag}`),
    ...ofKind(manifests, 'Job')
      .filter(({ spec }) => spec?.ttlSecondsAfterFinished === undefined)
      .map(({ metadata }) => `Job ${metadata.name} is never removed`),
  ];
}

export function tagOf(image: string): string {
  return image.slice(image.lastIndexOf(':') + 1);
}
