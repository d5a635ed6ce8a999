import type { ExceededLimit, LimitStatus, Limits, Subject, WindowName } from '@keyward/contract/limits';
import { type Window, windowAt } from './calendar.ts';

/**
 * Limits over calendar windows (design.md §4). Each subject has one running total; a window remembers what the total was
 * when it began, so `used = total − base`, and changing a limit keeps what was used. A refusal changes nothing.
 */

/** The windows that each subject keeps, limited or not, in this order. */
export const subjectWindows = {
  key: ['second', 'minute', 'hour', 'day'],
  client: ['hour', 'day', 'week', 'month'],
  environment: ['hour', 'day', 'week', 'month'],
} as const satisfies Record<Subject, readonly WindowName[]>;

/** Is any window limited? Asked for every request, so no list of them is made. */
export function hasLimits(limits: Limits): boolean {
  for (const _ in limits) return true;
  return false;
}

export interface SubjectTotals {
  total: number;
  /** One for each of the subject's windows, in their order. */
  windows: readonly (Window & { base: number })[];
}

export interface LimitedSubject {
  subject: Subject;
  totals: SubjectTotals | undefined;
  limits: Limits;
}

export interface LimitAnswer {
  /** The totals after the decision, in the order of the subjects; those of a refusal are not to be kept. */
  totals: SubjectTotals[];
  statuses: LimitStatus[];
  exceeded: ExceededLimit | undefined;
}

export interface Standing {
  status: LimitStatus;
  endMs: number;
}

/**
 * Admits `cost` if every limited window of every subject has room for it, and then adds it to all of them. Of several
 * exceeded windows the one that resets last is told. Cost 0 is always admitted.
 */
export function admit(subjects: readonly LimitedSubject[], cost: number, nowMs: number): LimitAnswer {
  const current = subjects.map((each) => ({ ...each, totals: rolled(each, nowMs) }));
  const standings = current.flatMap((each) => standingsOf(each, nowMs));
  const over = exceededBy(standings, cost);
  const spent = over ? 0 : cost;
  return {
    totals: current.map(({ totals: { total, windows } }) => ({ total: total + spent, windows })),
    statuses: standings.map(({ status }) => ({ ...status, remaining: Math.max(0, status.remaining - spent) })),
    exceeded: over && exceededLimit(over),
  };
}

/** A clock may step back a little, at a failover too; a window that is no further ahead than this goes on, ms. */
const clockStepMs = 600_000;

/** The totals with every window begun anew that has ended, or that a clock set far back has left in the future. */
export function rolled({ subject, totals }: Omit<LimitedSubject, 'limits'>, nowMs: number): SubjectTotals {
  const total = totals?.total ?? 0;
  const windows = subjectWindows[subject].map((name, i) => {
    const kept = totals?.windows[i];
    return kept && lasts(kept, nowMs) ? kept : { ...windowAt(name, nowMs), base: total };
  });
  return { total, windows };
}

/** A short window is let go sooner: one that is further ahead than it is long would refuse for longer than it is. */
function lasts({ startMs, endMs }: Window, nowMs: number): boolean {
  return nowMs < endMs && startMs - nowMs <= Math.min(clockStepMs, endMs - startMs);
}

export function standingsOf(
  { subject, totals, limits }: LimitedSubject & { totals: SubjectTotals },
  nowMs: number,
): Standing[] {
  return subjectWindows[subject].flatMap((window, i) => {
    const limit = limits[window];
    const kept = totals.windows[i];
    if (limit === undefined || !kept) return [];
    const status = {
      subject,
      window,
      limit,
      remaining: Math.max(0, limit - (totals.total - kept.base)),
      resetSeconds: Math.ceil((kept.endMs - nowMs) / 1_000),
      windowSeconds: (kept.endMs - kept.startMs) / 1_000,
    };
    return [{ status, endMs: kept.endMs }];
  });
}

/** Of the windows that have no room for the cost the one that ends last. */
export function exceededBy(
  standings: readonly Standing[],
  cost: number,
): { last: Standing; isHopeless: boolean } | undefined {
  const [first, ...others] = cost === 0 ? [] : standings.filter(({ status }) => status.remaining < cost);
  if (!first) return undefined;
  return {
    last: others.reduce((a, b) => (b.endMs > a.endMs ? b : a), first),
    isHopeless: [first, ...others].some(({ status }) => status.limit < cost),
  };
}

function exceededLimit({ last, isHopeless }: { last: Standing; isHopeless: boolean }): ExceededLimit {
  const { subject, window, resetSeconds } = last.status;
  return isHopeless ? { subject, window } : { subject, window, retryAfterSeconds: resetSeconds };
}
