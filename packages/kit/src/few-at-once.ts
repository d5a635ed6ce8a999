import { AppError } from './app-error.ts';

interface Places {
  /** How many run at a time. */
  atOnce: number;
  /** How many wait for that, in the order that they came in. */
  waiting: number;
}

/** Runs work in a bounded number of places. Who finds all of them taken, and as many waiting as may, is asked to come later: UNAVAILABLE. */
export function fewAtOnce({ atOnce, waiting: mostWaiting }: Places): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < atOnce) running += 1;
    else if (waiting.length < mostWaiting) await new Promise<void>((fulfil) => waiting.push(fulfil));
    else throw new AppError('UNAVAILABLE', 'Too many ask for this at once; try again.', { retryAfterSeconds: 1 });
    try {
      return await work();
    } finally {
      const next = waiting.shift(); // it takes the place over
      if (next) next();
      else running -= 1;
    }
  };
}
