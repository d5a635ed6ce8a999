import type { Sent } from '../load/send-calls.ts';
import { startCpuWatch } from '../stack/cpu-time.ts';

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
  const watches = Object.entries(pids).map(([name, pid]) => [name, startCpuWatch(pid)] as const);
  const sent = await send();
  await settle?.();
  return { ...sent, cpuUs: Object.fromEntries(watches.map(([name, usedUs]) => [name, usedUs() / count])) };
}
