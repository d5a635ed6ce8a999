import type { WindowName } from '@keyward/contract/limits';

export interface Window {
  /** Unix ms; the first of the window. */
  startMs: number;
  /** Unix ms; the first after it. */
  endMs: number;
}

const dayMs = 86_400_000;
const fixed = { second: 1_000, minute: 60_000, hour: 3_600_000, day: dayMs, week: 7 * dayMs } as const;
/** 1 January 1970 was a Thursday; the Monday before it, in days. */
const firstMonday = -3;

/** The window of that name that `nowMs` (≥ 0) lies in. */
export function windowAt(name: WindowName, nowMs: number): Window {
  if (name === 'month') return monthAt(nowMs);
  const length = fixed[name];
  const origin = name === 'week' ? firstMonday * dayMs : 0;
  const startMs = nowMs - ((nowMs - origin) % length);
  return { startMs, endMs: startMs + length };
}

function monthAt(nowMs: number): Window {
  const date = new Date(nowMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { startMs: Date.UTC(year, month), endMs: Date.UTC(year, month + 1) };
}
