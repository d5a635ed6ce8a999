import type { Subject, WindowName } from '@keyward/contract/limits';
import { windowAt } from './calendar.ts';
import { type SubjectTotals, subjectWindows } from './limits.ts';

/** What was spent in the window of each name that `nowMs` lies in. */
export type Spent = Partial<Record<WindowName, number>>;

/** Totals as they would stand if what was spent had been counted one by one; a window that is not named begins anew. */
export function totalsFromSpent(subject: Subject, spent: Spent, nowMs: number): SubjectTotals {
  const total = Math.max(0, ...subjectWindows[subject].map((name) => spent[name] ?? 0));
  const windows = subjectWindows[subject].map((name) => {
    const used = spent[name];
    return used === undefined ? { ...ended, base: total } : { ...windowAt(name, nowMs), base: total - used };
  });
  return { total, windows };
}

const ended = { startMs: 0, endMs: 0 };
