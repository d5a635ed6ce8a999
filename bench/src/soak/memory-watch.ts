import { median } from '../report/median.ts';
import { residentMb } from '../stack/resident-memory.ts';

interface Sample {
  atMs: number;
  residentMb: number;
}

export interface Growth {
  process: string;
  /** Medians, MB: once it had settled, and at the end. */
  settledMb: number;
  endMb: number;
  isFlat: boolean;
}

/** Garbage lies about until it is collected: less than this, or than a seventh, tells nothing. */
const tolerableMb = 32;
const tolerableShare = 1 / 7;

/** What processes hold of the memory, over time. */
export class MemoryWatch {
  readonly #samples = new Map<string, Sample[]>();
  readonly #settledAfterMs: (process: string) => number;

  /** @param settledAfterMs how long a process grows by its nature */
  constructor(settledAfterMs: (process: string) => number) {
    this.#settledAfterMs = settledAfterMs;
  }

  look(pids: Readonly<Record<string, number>>, atMs: number): void {
    for (const [process, pid] of Object.entries(pids)) {
      const samples = this.#samples.get(process) ?? [];
      samples.push({ atMs, residentMb: residentMb(pid) });
      this.#samples.set(process, samples);
    }
  }

  /** MB, in turn. */
  get series(): Record<string, number[]> {
    return Object.fromEntries(
      [...this.#samples].map(([process, samples]) => [process, samples.map(({ residentMb: mb }) => mb)]),
    );
  }

  /** Of those that were watched for long enough to tell. */
  growths(): Growth[] {
    return [...this.#samples].flatMap(([process, samples]) => {
      const settled = samples.filter(({ atMs }) => atMs >= this.#settledAfterMs(process));
      const third = Math.floor(settled.length / 3);
      if (third === 0) return [];
      const of = (part: readonly Sample[]) => median(part.map(({ residentMb: mb }) => mb));
      const [settledMb, endMb] = [of(settled.slice(0, third)), of(settled.slice(-third))];
      const isFlat = endMb - settledMb <= Math.max(tolerableMb, tolerableShare * settledMb);
      return { process, settledMb, endMb, isFlat };
    });
  }
}
