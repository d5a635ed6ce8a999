import type { Clock } from '@keyward/kit/clock';
import type { Logger } from '@keyward/kit/logger';
import { occasionalWarning } from '@keyward/kit/occasional-log';
import { pause } from '@keyward/kit/pause';

interface Repetition {
  /** Answers how long to wait until the next round, ms. */
  round(signal: AbortSignal): Promise<number>;
  /** How long to wait after a round that failed, ms. */
  afterFailureMs: number;
  clock: Clock;
  logger: Logger;
  /** What is told when a round fails. */
  message: string;
}

/** A loop of the background. Disposing it waits for the round that is under way. */
export function repeatUntilStopped({ round, afterFailureMs, clock, logger, message }: Repetition): AsyncDisposable {
  const stopped = new AbortController();
  const { signal } = stopped;
  const warn = occasionalWarning({ logger, clock, message });
  const work = async () => {
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
