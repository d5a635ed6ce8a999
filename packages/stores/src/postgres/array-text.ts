/** An array as Postgres reads it, of elements that need no quotes: ids, numbers. */
export function arrayText<T>(rows: readonly T[], elementOf: (row: T) => string | number): string {
  return `{${rows.map(elementOf).join()}}`;
}

/** An array of any texts. pg would do as much for a plain array, and take longer. */
export function textArrayText<T>(rows: readonly T[], elementOf: (row: T) => string): string {
  return arrayText(rows, (row) => `"${escaped(elementOf(row))}"`);
}

const special = /["\\]/;

function escaped(text: string): string {
  return special.test(text) ? text.replace(/["\\]/g, '\\$&') : text;
}
