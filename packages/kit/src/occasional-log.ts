import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

/**
 * A warning that may come thousands of times a second while a store is away, and is written once in `everyMs` with how
 * many there were.
 */
export function occasionalWarning(options: {
  logger: Logger;
  clock: Clock;
  message: string;
  everyMs?: number;
}): (error: unknown) => void {
  const { logger, clock, message, everyMs = 5_000 } = options;
  let nextMs = Number.NEGATIVE_INFINITY;
  let occurrences = 0;
  return (error) => {
    occurrences += 1;
    if (clock.monotonicMs() < nextMs) return;
    logger.warn({ err: error, occurrences }, message);
    nextMs = clock.monotonicMs() + everyMs;
    occurrences = 0;
  };
}
