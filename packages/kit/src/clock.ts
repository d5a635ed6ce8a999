/** The one place where wall-clock time enters; everything else takes a `Clock`. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /** A clock that only goes forward, in milliseconds with fraction; its origin means nothing. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
