/** Unix milliseconds: the one place where the time comes from. */
export function nowMs(): number {
  return Date.now();
}

/** ISO 8601 in UTC with milliseconds. The second is printed once for all calls in it. */
export function isoTime(ms: number): string {
  const second = Math.floor(ms / 1_000);
  if (printed.second !== second) printed = { second, text: new Date(second * 1_000).toISOString().slice(0, -4) };
  return `${printed.text}${String(ms - second * 1_000).padStart(3, '0')}Z`;
}

let printed = { second: Number.NaN, text: '' };
