import type { SubjectTotals } from '@keyward/decision/limits';

/** Totals as the scripts keep them: thirteen doubles, little-endian (include/limits.lua). */
export function packTotals({ total, windows }: SubjectTotals): Buffer {
  const numbers = [total, ...windows.flatMap(({ startMs, endMs, base }) => [startMs, endMs, base])];
  return Buffer.from(Float64Array.from(numbers).buffer);
}
