import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import { occasionalWarning } from './occasional-log.ts';
import { pause } from './pause.ts';

interface Repetition {
  /** Answers how long to wait until the next round, ms. */
  round(signal: AbortSignal): Promise<number>;
  /** How long to wait before the first round, ms; not at all unless it is said. */
  firstAfterMs?: number;
  /** How long to wait after a round that failed, ms. */
  afterFailureMs: number;
  clock: Clock;
  logger: Logger;
  /** What is told when a round fails. */
  message: string;
}

/** A loop of the background. Disposing it waits for the round that is under way. */
export function repeatUntilStopped({ round, firstAfterMs, afterFailureMs, ...warning }: Repetition): AsyncDisposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  const warn = occasionalWarning(warning);
  const work = async () => {
    if (firstAfterMs !== undefined) await pause(firstAfterMs, signal);
    while (!signal.aborted) {
      const waitMs = await round(signal).catch((error) => {
        if (!signal.aborted) warn(error);
        return afterFailureMs;
      });
      await pause(waitMs, signal);
    }
  };
  const working = work();
  return {
    async [Symbol.asyncDispose]() {
      stopped.abort();
      await working;
    },
  };
}
