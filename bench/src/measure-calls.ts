import { cpuTimeUs } from './cpu-time.ts';
import type { Load } from './load/load.ts';
import type { Sending, Sent } from './load/send-calls.ts';

export interface Measured extends Sent {
  /** CPU µs per call of each process, user and system. */
  cpuUs: Record<string, number>;
}

interface Measuring {
  load: Load;
  /** The calls that the load process has made are sent there. */
  sending: Sending;
  count: number;
  pids: Readonly<Record<string, number>>;
  /** What the last calls have left to do belongs to them. */
  settle?: () => Promise<void>;
}

/** Sends calls, and tells what they cost each process by the kernel's counters. */
export async function measureCalls({ load, sending, count, pids, settle }: Measuring): Promise<Measured> {
  const before = cpuTimesOf(pids);
  const sent = await load.send(sending);
  await settle?.();
  const after = cpuTimesOf(pids);
  const cpuUs: Record<string, number> = {};
  for (const name of Object.keys(pids)) cpuUs[name] = ((after[name] ?? 0) - (before[name] ?? 0)) / count;
  return { ...sent, cpuUs };
}

function cpuTimesOf(pids: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuTimeUs(pid)]));
}
