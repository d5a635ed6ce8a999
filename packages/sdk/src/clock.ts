/** Unix milliseconds: the one place where the time comes from. */
export function nowMs(): number {
  return Date.now();
}

/** ISO 8601 in UTC with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
