const shape = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{0,6}))?(?:(Z)|([+-])(\d\d):?(\d\d))?$/;

/**
 * Unix milliseconds of a moment as clients write it: ISO 8601 with seconds, 0 to 6 digits of fraction, and `Z`, an offset or
 * none, which means UTC (wire.md §2.3, §2.5). Undefined when there is no such moment. Date.parse will not do: it moves
 * 30 February to March and leaves `.Z` and `+0100` to the engine.
 */
export function parseInstant(text: string): number | undefined {
  const parts = shape.exec(text);
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const atZeroMs = Date.UTC(year, month - 1, day, hour, minute, second);
  const moment = new Date(atZeroMs);
  const isSameDay =
    moment.getUTCFullYear() === year && moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day;
  if (!isSameDay) return undefined;
  const [offsetHours, offsetMinutes] = [Number(parts[10] ?? 0), Number(parts[11] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000;
  const fractionMs = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
  return atZeroMs + fractionMs + (parts[9] === '-' ? offsetMs : -offsetMs);
}
