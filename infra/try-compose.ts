/**
 * `node scripts/launch.mjs infra/try-compose.ts`: builds the images, starts docker-compose.yml beside whatever runs here, has a
 * key validated through the published port, does the same with the all-in-one image, and takes all of it away. It is skipped
 * where no Docker engine answers.
 */
import { dockerAnswers } from '../tests/src/backends/docker-engine.ts';
import { buildImages } from './try/images.ts';
import { tryAllInOne } from './try/try-all-in-one.ts';
import { tryInstallation } from './try/try-installation.ts';

const tell = (line: string) => void process.stdout.write(`${line}\n`);

if (await dockerAnswers()) {
  try {
    for (const line of await buildImages()) tell(line);
    await tryInstallation(tell);
    await tryAllInOne(tell);
    tell('All of it works.');
  } catch (error) {
    tell(`FAILED: ${(error as Error).message}`);
    process.exitCode = 1;
  }
} else tell('SKIPPED: no Docker engine answers on the socket of DOCKER_HOST, or on /var/run/docker.sock.');
