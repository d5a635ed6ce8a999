import { readFileSync } from 'node:fs';

/** What a process holds of the machine's memory, MB (Linux: /proc/<pid>/status). */
export function residentMb(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024);
}
