import { readFileSync } from 'node:fs';

const ticksPerSecond = 100; // Linux' USER_HZ

/** CPU time that a process has used, all its threads, user and system, in µs (Linux: /proc/<pid>/stat). */
export function cpuTimeUs(pid: number): number {
  return fieldsUs(pid, 11, 12);
}

/** CPU time of those that it started and that have ended. */
export function endedCpuTimeUs(pid: number): number {
  return fieldsUs(pid, 13, 14);
}

function fieldsUs(pid: number, ...indexes: number[]): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const ticks = indexes.reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
  return (ticks * 1_000_000) / ticksPerSecond;
}
