import type { TestState } from 'vitest/node';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export const noCounts = (): Counts => ({ passed: 0, failed: 0, skipped: 0 });

/** A test that was collected and never ran (the run was cancelled) counts as skipped. */
export function addTo(counts: Counts, state: TestState): void {
  counts[state === 'pending' ? 'skipped' : state] += 1;
}

/** "3 passed, 0 failed", and ", 2 skipped" when any. CI reads the last line of a run in this form. */
export const countsLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
