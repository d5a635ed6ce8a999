import { fileURLToPath } from 'node:url';
import { freePort } from '../backends/free-port.ts';
import { type ServerProcess, startServerProcess } from '../backends/server-process.ts';
import { waitUntil } from '../backends/wait-until.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface ServiceProcess extends AsyncDisposable {
  url: string;
  process: ServerProcess;
}

interface Program {
  /** Where it runs; in the root of this repository, unless it is a bundle. */
  folder?: string;
  /** The file to run, if it is not the service's own. */
  main?: string;
}

/** A service as its own OS process, configured by environment variables as in a deployment. */
export async function startServiceProcess(
  service: 'gateway' | 'validator' | 'ingest' | 'admin-api',
  environment: Record<string, string>,
  { folder = root, main = `services/${service}/src/main.ts` }: Program = {},
): Promise<ServiceProcess> {
  const port = await freePort();
  const server = startServerProcess({
    program: process.execPath,
    args: [main],
    cwd: folder,
    env: { ...process.env, HOST: '127.0.0.1', PORT: String(port), LOG_LEVEL: 'warn', DRAIN_MS: '0', ...environment },
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntil(
    async () => {
      if (!server.isRunning()) throw new Error(server.output());
      return (await fetch(`${url}/readyz`)).ok;
    },
    { what: `${service} to be ready, which printed: ${server.output()}`, timeoutMs: 30_000 },
  );
  return { url, process: server, [Symbol.asyncDispose]: () => server.stop() };
}
