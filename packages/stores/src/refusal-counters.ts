import type { Refusal } from '@keyward/contract/verdict';

/** Where refusals are counted for which no key is known: for each minute, by environment and code. */
export const refusalCounters = {
  minuteOf: (nowMs: number) => Math.floor(nowMs / 60_000),
  field: (environmentId: string, code: Refusal) => `${environmentId}|${code}`,
  /** How long a minute's counts are kept, ms. */
  lifeMs: 86_400_000,
} as const;

export const newClientCounters = {
  dayOf: (nowMs: number) => Math.floor(nowMs / 86_400_000),
  /** How long the new clients of a day are kept, ms. */
  lifeMs: 2 * 86_400_000,
} as const;
