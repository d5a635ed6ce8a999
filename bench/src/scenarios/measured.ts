import type { Sent } from '../load/send-calls.ts';
import { cpuTimeUs } from '../stack/cpu-time.ts';

export interface Measured extends Sent {
  /** CPU µs per call of each process, user and system. */
  cpuUs: Record<string, number>;
}

interface Measuring {
  send: () => Promise<Sent>;
  count: number;
  pids: Readonly<Record<string, number>>;
  /** What the last calls have left to do belongs to them. */
  settle?: (() => Promise<void>) | undefined;
}

/** What calls cost each process, by the kernel's counters. */
export async function measured({ send, count, pids, settle }: Measuring): Promise<Measured> {
  const before = cpuTimesOf(pids);
  const sent = await send();
  await settle?.();
  const after = cpuTimesOf(pids);
  const cpuUs: Record<string, number> = {};
  for (const name of Object.keys(pids)) cpuUs[name] = ((after[name] ?? 0) - (before[name] ?? 0)) / count;
  return { ...sent, cpuUs };
}

function cpuTimesOf(pids: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuTimeUs(pid)]));
}
