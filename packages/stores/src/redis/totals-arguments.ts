import type { SubjectTotals } from '@keyward/decision/limits';

/** Totals as the scripts take them: the running total, then of each window its start, its end and its base. */
export function totalsArguments({ total, windows }: SubjectTotals): number[] {
  return [total, ...windows.flatMap(({ startMs, endMs, base }) => [startMs, endMs, base])];
}
