const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** After the first attempt, the second, and so on: three days in all (Standard Webhooks, "Deliverability and reliability"). */
const delaysMs = [
  5 * secondMs,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
];
/** What failed together is not tried again together. */
const jitter = 0.2;
const longestWishMs = 24 * hourMs;

interface Failure {
  /** How many there were, this one included. */
  attempts: number;
  /** When the receiver wishes to be asked again, if it says so. */
  retryAfterMs: number | undefined;
  /** From 0 up to 1, by chance. */
  chance: number;
}

/** How long to wait after a failed attempt, ms; undefined: it was the last. */
export function retryDelayMs({ attempts, retryAfterMs = 0, chance }: Failure): number | undefined {
  const delayMs = delaysMs[attempts - 1];
  if (delayMs === undefined) return undefined;
  return Math.round(Math.max(delayMs * (1 + jitter * chance), Math.min(retryAfterMs, longestWishMs)));
}
