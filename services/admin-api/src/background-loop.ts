interface LoopOptions {
  /** Answers after how many milliseconds it is to be done again; it never rejects. */
  work(): Promise<number>;
  firstAfterMs: number;
}

/** Does something over and over in the background, one at a time, until it is disposed. */
export function startLoop({ work, firstAfterMs }: LoopOptions): AsyncDisposable {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let working = Promise.resolve();

  function next(afterMs: number): void {
    if (stopped) return;
    timer = setTimeout(() => {
      working = work().then(next);
    }, afterMs);
  }

  next(firstAfterMs);
  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      clearTimeout(timer);
      await working;
    },
  };
}
