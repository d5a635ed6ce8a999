import type { ExceededLimit, Limits, WindowName } from '@keyward/contract/limits';
import { exceededBy, rolled, type SubjectTotals, standingsOf } from './limits.ts';

/**
 * The cap of a whole environment (design.md §4). Its totals stand in one shard, and each other shard spends what it was
 * granted of them: what is granted counts as used, so the cap is never passed. A grant is at most a hundredth of what is
 * left, divided by the shards, so at most a hundredth lies unspent when the cap is reached. A budget ends with the hour
 * that it was granted in, and with the version of the environment; what is left of it is given back.
 */

export interface EnvironmentTotals {
  totals: SubjectTotals;
  /** A random name of these totals: what was granted of others is not given back to them. */
  generation: string;
  /** When each shard got its last grant, Unix ms. */
  grantedAtMs: Map<number, number>;
}

export interface Grant {
  kind: 'granted';
  amount: number;
  untilMs: number;
  generation: string;
  grantedAtMs: number;
}

export interface Refused {
  kind: 'exceeded';
  window: WindowName;
  endMs: number;
  /** The cost is above the cap: waiting does not help. */
  isHopeless: boolean;
}

/** What a shard gives back of a budget that has ended. */
export interface Unspent {
  left: number;
  generation: string;
  grantedAtMs: number;
}

/** What a shard may spend, or, for a second, what its question was refused with; for one version of the environment. */
export type Budget = { version: number; untilMs: number } & (
  | ({ kind: 'left' } & Unspent)
  | ({ kind: 'none'; cost: number } & Omit<Refused, 'kind'>)
);

/** A refusal is remembered no longer, since what others give back may make it untrue. */
const refusalLifeMs = 1_000;

const nothing: Unspent = { left: 0, generation: '', grantedAtMs: 0 };
const parts = 6_400;
/** A shard that asks again so soon gets what it needs at once, no share: several may ask at the same time. */
const sameMomentMs = 50;

interface Question {
  shard: number;
  cost: number;
  limits: Limits;
  unspent: Unspent;
}

/** Takes a shard's grant from the environment's totals, which it changes. */
export function grant(
  environment: EnvironmentTotals,
  { shard, cost, limits, unspent }: Question,
  nowMs: number,
): Grant | Refused {
  environment.totals = rolled({ subject: 'environment', totals: environment.totals }, nowMs);
  giveBack(environment, unspent);
  const { totals } = environment;
  const standings = standingsOf({ subject: 'environment', totals, limits }, nowMs);
  const over = exceededBy(standings, cost);
  if (over) {
    const { last, isHopeless } = over;
    return { kind: 'exceeded', window: last.status.window, endMs: last.endMs, isHopeless };
  }
  const before = environment.grantedAtMs.get(shard);
  const remaining = Math.min(...standings.map(({ status }) => status.remaining));
  const isSameMoment = before !== undefined && Math.abs(nowMs - before) < sameMomentMs;
  const amount = isSameMoment ? cost : Math.max(cost, Math.floor(remaining / parts));
  environment.totals = { ...totals, total: totals.total + amount };
  environment.grantedAtMs.set(shard, nowMs);
  // Until any window ends, limited or not: what is spent counts in the windows that it was granted in.
  const untilMs = Math.min(...totals.windows.map(({ endMs }) => endMs));
  return { kind: 'granted', amount, untilMs, generation: environment.generation, grantedAtMs: nowMs };
}

/** Takes back what a shard did not spend of these totals, which it changes. */
export function giveBack(environment: EnvironmentTotals, { left, generation, grantedAtMs }: Unspent): void {
  if (generation !== environment.generation) return;
  const { total, windows } = environment.totals;
  environment.totals = {
    total: total - left,
    // A window that began after the grant holds it in its base; one that ran then, in what it used.
    windows: windows.map((window) => (window.startMs > grantedAtMs ? { ...window, base: window.base - left } : window)),
  };
}

/**
 * Totals that rested while the environment had no cap, with what was spent meanwhile by another count, of now: in each
 * window the greater of the two, for neither need know all of the other.
 */
export function mostUsed(rested: SubjectTotals, counted: SubjectTotals, nowMs: number): SubjectTotals {
  const { total, windows } = rolled({ subject: 'environment', totals: rested }, nowMs);
  return {
    total,
    windows: windows.map((window, i) => {
      const spent = counted.total - (counted.windows[i]?.base ?? counted.total);
      return { ...window, base: total - Math.max(total - window.base, spent) };
    }),
  };
}

interface Spending {
  cost: number;
  version: number;
  /** What the environment's shard said to the question that this call brings along. */
  answer: Grant | Refused | undefined;
  nowMs: number;
}

export type Spent =
  | { kind: 'spent'; budget: Budget }
  | { kind: 'exceeded'; exceeded: ExceededLimit; budget?: Budget }
  /** Ask for a grant, and come again; the budget, having ended, is to be forgotten. */
  | { kind: 'ask'; unspent: Unspent };

export function isLiving(budget: Budget, version: number, nowMs: number): boolean {
  return budget.version === version && nowMs < budget.untilMs;
}

/** Spends a cost above 0 from a shard's budget. */
export function spendBudget(budget: Budget | undefined, { cost, version, answer, nowMs }: Spending): Spent {
  const living = budget && isLiving(budget, version, nowMs) ? budget : undefined;
  const unspent = living?.kind === 'left' ? living : undefined;
  if (answer?.kind === 'granted') {
    const { untilMs, generation, amount } = answer;
    // What is kept together counts as granted when its first part was: given back later, it frees the less.
    const grantedAtMs = unspent?.grantedAtMs ?? answer.grantedAtMs;
    const left = amount - cost + (unspent?.left ?? 0);
    return { kind: 'spent', budget: { kind: 'left', left, untilMs, generation, grantedAtMs, version } };
  }
  if (answer) {
    const { window, endMs, isHopeless } = answer;
    const refused = { kind: 'exceeded', exceeded: exceededLimit(answer, nowMs) } as const;
    if (unspent && unspent.left > 0) return refused;
    const untilMs = Math.min(endMs, nowMs + refusalLifeMs);
    return { ...refused, budget: { kind: 'none', untilMs, window, endMs, cost, isHopeless, version } };
  }
  if (unspent && unspent.left >= cost) {
    return { kind: 'spent', budget: { ...unspent, left: unspent.left - cost } };
  }
  if (living?.kind === 'none' && cost >= living.cost) {
    return { kind: 'exceeded', exceeded: exceededLimit(living, nowMs) };
  }
  return { kind: 'ask', unspent: !living && budget?.kind === 'left' ? budget : nothing };
}

function exceededLimit({ window, endMs, isHopeless }: Omit<Refused, 'kind'>, nowMs: number): ExceededLimit {
  const exceeded = { subject: 'environment', window } as const;
  return isHopeless ? exceeded : { ...exceeded, retryAfterSeconds: Math.ceil((endMs - nowMs) / 1_000) };
}
