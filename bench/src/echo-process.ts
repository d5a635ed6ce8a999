import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cpuTimeUs } from './cpu-time.ts';
import { runLoad } from './load.ts';

export interface EchoProcess extends Disposable {
  url: string;
  pid: number;
}

/** The bare echo (echo.ts) as a process of its own. */
export async function startEcho(): Promise<EchoProcess> {
  const echo = spawn(process.execPath, [fileURLToPath(new URL('echo.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { url: await firstLine(echo), pid: echo.pid ?? 0, [Symbol.dispose]: () => void echo.kill() };
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

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the echo has no output');
  const [chunk] = await once(child.stdout, 'data');
  return String(chunk).trim();
}
