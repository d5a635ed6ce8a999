import type { Logger } from '@keyward/kit/logger';
import type { Projector } from './projector.ts';

const everyMs = 1_000;

/** Repairs the projection in the background, until it is disposed. */
export function startRepairLoop(projector: Projector, logger: Logger): AsyncDisposable {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let working = Promise.resolve();

  function next(): void {
    if (stopped) return;
    timer = setTimeout(() => {
      working = projector
        .repair()
        .catch((error) => logger.warn({ err: error }, 'the projection could not be checked; trying again'))
        .then(next);
    }, everyMs);
  }

  next();
  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearTimeout(timer);
      await working;
    },
  };
}
