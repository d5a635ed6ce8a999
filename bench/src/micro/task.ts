/** One call, the i-th; what it answers is looked at, so that nobody can leave it out. */
export interface Task {
  name: string;
  call: (i: number) => unknown;
}

/** The i-th of them, in turn. */
export function turning<T>(values: readonly T[]): (i: number) => T {
  return (i) => {
    const value = values[i % values.length];
    if (value === undefined) throw new RangeError('there is nothing to take in turn');
    return value;
  };
}
