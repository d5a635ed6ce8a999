import { StoreAway } from './store-away.ts';

/** The time runs in this many steps, of which each counts the same however late this process comes to notice its end. */
const steps = 5;

/**
 * What the store's `answer` comes to, or `StoreAway` when it takes longer than `timeoutMs`. A pause of this process (garbage
 * collection, load) counts for one step at most, and what arrived by the end is read before giving up: so it is not
 * taken for a silence of the store.
 */
export function within<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const giveUp = () => reject(new StoreAway(new Error(`no answer within ${timeoutMs} ms`)));
  let left = steps;
  const step = () => {
    left -= 1;
    if (left === 0) setImmediate(giveUp);
    else timer = setTimeout(step, timeoutMs / steps);
  };
  // Node keeps the timers of one duration in one list, so that one for each call costs next to nothing.
  let timer = setTimeout(step, timeoutMs / steps);
  answer.then(
    (value) => {
      clearTimeout(timer);
      resolve(value);
    },
    (error) => {
      clearTimeout(timer);
      reject(error);
    },
  );
  return promise;
}
