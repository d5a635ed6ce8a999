import type { RefusalSummary } from '@keyward/contract/refusal-summary';
import type { Refusal } from '@keyward/contract/verdict';

/**
 * Where refusals are counted for which no key is known: by minute, environment and code. The minute is the store's, when it
 * counts; the counts of minutes that are over leave through the outbox.
 */
export const refusalCounters = {
  minuteOf: (nowMs: number) => Math.floor(nowMs / 60_000),
  field: (environmentId: string, code: Refusal) => `${environmentId}|${code}`,
  /** How long the number of a sender's last batch is kept, ms. */
  batchLifeMs: 86_400_000,
  /** How many counts a summary holds at most: about 110 bytes each. */
  perSummary: 1_000,
} as const;

export type RefusalCount = RefusalSummary['counts'][number];

export const newClientCounters = {
  dayOf: (nowMs: number) => Math.floor(nowMs / 86_400_000),
  /** How long the new clients of a day are kept, ms. */
  lifeMs: 2 * 86_400_000,
} as const;
