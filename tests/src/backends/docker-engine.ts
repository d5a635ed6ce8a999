import { existsSync } from 'node:fs';
import { request } from 'node:http';

const answerWithinMs = 300;

/**
 * Whether a Docker engine answers on its socket. That the `docker` command is installed proves nothing, and loading
 * testcontainers costs half a second, so this is asked first, once per process.
 */
export function dockerAnswers(): Promise<boolean> {
  probe ??= ping(socketPath());
  return probe;
}

let probe: Promise<boolean> | undefined;

function socketPath(): string | undefined {
  const host = process.env.DOCKER_HOST;
  if (host === undefined || host === '') return '/var/run/docker.sock';
  return host.startsWith('unix://') ? host.slice('unix://'.length) : undefined;
}

function ping(path: string | undefined): Promise<boolean> {
  if (path === undefined || !existsSync(path)) return Promise.resolve(false);
  return new Promise((fulfil) => {
    const asked = request({ socketPath: path, path: '/_ping', timeout: answerWithinMs }, (response) => {
      response.resume();
      fulfil(response.statusCode === 200);
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.once('error', () => fulfil(false));
    asked.end();
  });
}
