import type { Call } from '../load/call.ts';
import { sendCalls } from '../load/send-calls.ts';
import { cpuTimeUs } from './cpu-time.ts';
import { type ServerProcess, startServer } from './server-process.ts';

/** The bare echo (echo.ts) as a process of its own. */
export function startEcho(): Promise<ServerProcess> {
  return startServer('echo.ts');
}

/** CPU µs per request of a bare echo, just now on this machine: what other figures are held against. */
export async function echoCostUs(): Promise<number> {
  using echo = await startEcho();
  const sending = { origin: echo.url, connections: 64 };
  await sendCalls(calls.slice(0, calls.length / 4), sending); // warm
  const beforeUs = cpuTimeUs(echo.pid);
  await sendCalls(calls, sending);
  return (cpuTimeUs(echo.pid) - beforeUs) / calls.length;
}

const calls: Call[] = Array(20_000).fill({
  path: '/echo',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name: 'bench', headers: { 'user-agent': 'bench/1.0', 'x-api-key': 'k'.repeat(50) } }),
});
