import { goals } from './goals.ts';
import { printRows } from './print-rows.ts';
import type { Summary } from './summary.ts';

/** The goals for what was measured, in Markdown. */
export function printGoals(summaries: readonly Summary[]): string {
  const rows = goals.flatMap(({ scenario, what, atMost, read }) => {
    const summary = summaries.find(({ name }) => name === scenario);
    const found = summary && read(summary);
    if (found === undefined) return [];
    return [[scenario, what, String(atMost), found.toFixed(2), found <= atMost ? 'met' : '**not met**']];
  });
  return rows.length === 0 ? '' : printRows(['goal', '', 'at most', 'found', ''], rows);
}
