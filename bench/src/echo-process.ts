import { cpuTimeUs } from './cpu-time.ts';
import { runLoad } from './load.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** The bare echo (echo.ts) as a process of its own. */
export function startEcho(): Promise<ServerProcess> {
  return startServer('echo.ts');
}

/** CPU µs per request of a bare echo, just now on this machine: what other figures are held against. */
export async function echoCostUs(): Promise<number> {
  using echo = await startEcho();
  const body = JSON.stringify({ name: 'bench', headers: { 'user-agent': 'bench/1.0', 'x-api-key': 'k'.repeat(50) } });
  const load = {
    origin: echo.url,
    connections: 64,
    next: () => ({ path: '/echo', headers: { 'content-type': 'application/json' }, body }),
    good: (status: number) => status === 200,
  };
  await runLoad({ ...load, requests: requests / 4 }); // warm
  const beforeUs = cpuTimeUs(echo.pid);
  await runLoad({ ...load, requests });
  return (cpuTimeUs(echo.pid) - beforeUs) / requests;
}

const requests = 20_000;
