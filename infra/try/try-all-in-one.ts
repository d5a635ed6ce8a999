import { freePort } from '../../tests/src/backends/free-port.ts';
import { waitUntil } from '../../tests/src/backends/wait-until.ts';
import { ask } from './ask.ts';
import { docker } from './docker.ts';
import { tag } from './images.ts';
import { seconds } from './seconds.ts';

const name = 'keyward-try-local';

/** The sample key of the first start is good, and still good in a new container with the same volume. */
export async function tryAllInOne(tell: (line: string) => void): Promise<void> {
  await using _gone = { [Symbol.asyncDispose]: async () => void (await docker(['volume', 'rm', '--force', name])) };
  const port = await freePort();
  for (const start of ['first', 'second']) {
    await using _stopped = { [Symbol.asyncDispose]: async () => void (await docker(['rm', '--force', name])) };
    const startedAt = performance.now();
    const least = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'];
    const place = ['--publish', `127.0.0.1:${port}:7700`, '--volume', `${name}:/data`];
    await docker(['run', '--detach', '--name', name, ...least, ...place, `keyward/local:${tag}`]);
    await waitUntil(isHealthy, { what: 'the container to be healthy', timeoutMs: 120_000 });
    tell(`all in one, ${start} start: healthy after ${seconds(startedAt)}`);
    const { serverKey, customerKey: key } = JSON.parse(await docker(['exec', name, 'cat', '/data/quickstart.json']));
    const app = { url: `http://127.0.0.1:${port}`, serverKey, key };
    const { code } = await ask(app, '/api/v1/key/verify', { key });
    if (code !== 'ALLOWED') throw new Error(`the sample key was answered ${code}`);
    await docker(['stop', '--time', '30', name]);
    const ended = await docker(['inspect', '--format', '{{.State.ExitCode}}', name]);
    if (ended !== '0') throw new Error(`the container ended with ${ended} when it was stopped`);
  }
}

const isHealthy = async () => (await docker(['inspect', '--format', '{{.State.Health.Status}}', name])) === 'healthy';
