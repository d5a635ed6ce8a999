/**
 * An array as Postgres reads it, of elements that need no quotes: ids, numbers. For texts hand over the array itself; pg quotes
 * each, which costs more than to send it.
 */
export function arrayText<T>(rows: readonly T[], elementOf: (row: T) => string | number): string {
  return `{${rows.map(elementOf).join()}}`;
}
