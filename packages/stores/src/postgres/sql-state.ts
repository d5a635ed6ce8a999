/** SQLSTATE of an error from Postgres, pg's or PGlite's; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** A table that a statement names is not there: the migrations have not been run. */
export function isMissingTable(error: unknown): boolean {
  return sqlState(error) === '42P01';
}

/**
 * Is it the data that Postgres will never take? Classes 21 (the same row twice in one statement), 22 (a value out of
 * range, a text with U+0000) and 54 (a limit, such as an index row that is too large).
 */
export function isDataFault(error: unknown): boolean {
  return ['21', '22', '54'].includes(sqlState(error)?.slice(0, 2) ?? '');
}
