import { readFileSync } from 'node:fs';

const ticksPerSecond = 100; // Linux' USER_HZ

/** CPU time that a process has used, all its threads, user and system, in µs (Linux: /proc/<pid>/stat). */
export function cpuTimeUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const [user, system] = [fields[11], fields[12]].map(Number);
  return (((user ?? 0) + (system ?? 0)) * 1_000_000) / ticksPerSecond;
}
