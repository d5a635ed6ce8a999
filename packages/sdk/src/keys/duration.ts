import { KeywardError } from '../keyward-error.ts';

/** How long a key lives: `'90d'`, `'24h'`, `'15m'`, `'3600s'`, ms from now, or the moment when it ends. */
export type Duration = string | number | Date;

const shape = /^(\d+)(d|h|m|s)$/;
const secondsOf: Readonly<Record<string, number>> = { d: 86_400, h: 3_600, m: 60, s: 1 };
/** The largest time that a Date holds. */
const maxMs = 8_640_000_000_000_000;

/** The end of life in unix seconds. Throws `INVALID_DURATION` for what is none, or does not lie in the future. */
export function endOf(duration: Duration, nowMs: number): number {
  const endMs = endMsOf(duration, nowMs);
  if (!(endMs > nowMs && endMs <= maxMs))
    throw new KeywardError('INVALID_DURATION', `${print(duration)} is no duration, or does not end in the future.`);
  return Math.ceil(endMs / 1_000);
}

function endMsOf(duration: Duration, nowMs: number): number {
  if (typeof duration === 'number') return nowMs + duration;
  if (duration instanceof Date) return duration.getTime();
  const [, count, unit = ''] = shape.exec(duration) ?? [];
  return nowMs + Number(count) * (secondsOf[unit] ?? Number.NaN) * 1_000;
}

function print(duration: Duration): string {
  if (!(duration instanceof Date)) return `'${duration}'`;
  return Number.isNaN(duration.getTime()) ? 'An invalid Date' : duration.toISOString();
}
