import { bundledServices } from '../bundle-service.ts';
import { docker } from './docker.ts';
import { seconds } from './seconds.ts';

const base = 'node:26-bookworm-slim';
const maxBytes = 120_000_000;
/** Of what this tries; an installation that runs here has others. */
export const tag = 'try';

/** Builds the image of each service; says what each adds to the base image. Throws when one adds too much. */
export async function buildImages(): Promise<string[]> {
  // The network of this machine, so that a registry is reached wherever this machine reaches it.
  const common = ['build', '--quiet', '--network', process.env.KEYWARD_BUILD_NETWORK ?? 'host'];
  await docker(['pull', '--quiet', base]).catch(() => docker(['image', 'inspect', base])); // or it was made here
  const lines: string[] = [];
  for (const service of bundledServices) {
    const startedAt = performance.now();
    const image = `keyward/${service}:${tag}`;
    const named = ['--file', 'infra/service.Dockerfile', '--build-arg', `SERVICE=${service}`, '--tag', image];
    await docker([...common, ...named, '.']);
    const addedBytes = (await bytesOf(image)) - (await bytesOf(base));
    lines.push(`${image}  ${inMB(addedBytes)} beyond ${base}, built in ${seconds(startedAt)}`);
    if (addedBytes > maxBytes) throw new Error(`${image} adds ${inMB(addedBytes)}, more than ${inMB(maxBytes)}`);
  }
  return lines;
}

const bytesOf = async (image: string) => Number(await docker(['image', 'inspect', '--format', '{{.Size}}', image]));
const inMB = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;
