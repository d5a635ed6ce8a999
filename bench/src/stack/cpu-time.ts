import { readdirSync, readFileSync } from 'node:fs';

const ticksPerSecond = 100; // Linux' USER_HZ
/** Two readings of two counters of ticks. */
const unsureUs = (4 * 1_000_000) / ticksPerSecond;

/** CPU time that a process has used, all its threads, user and system, in µs. */
export function cpuTimeUs(pid: number): number {
  return fieldsUs(pid, 11, 12);
}

/** What a process used since now, more exactly than by ticks. */
export function startCpuWatch(pid: number): () => number {
  const [ofProcess, ofThreads] = [cpuTimeUs(pid), threadsUs(pid)];
  return () => {
    const [processUs, byThreadUs] = [cpuTimeUs(pid) - ofProcess, threadsUs(pid) - ofThreads];
    // The kernel tells it of each thread to the nanosecond, but forgets those that end, as a JVM's do.
    return processUs - byThreadUs > unsureUs ? processUs : byThreadUs;
  };
}

/** CPU time of those that it started and that have ended. */
export function endedCpuTimeUs(pid: number): number {
  return fieldsUs(pid, 13, 14);
}

function threadsUs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + threadUs(`/proc/${pid}/task/${thread}`), 0);
}

/** 0 when it ends meanwhile, or the kernel does not tell. */
function threadUs(folder: string): number {
  try {
    return Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1_000;
  } catch {
    return 0;
  }
}

function fieldsUs(pid: number, ...indexes: number[]): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  const ticks = indexes.reduce((sum, index) => sum + Number(fields[index] ?? 0), 0);
  return (ticks * 1_000_000) / ticksPerSecond;
}
