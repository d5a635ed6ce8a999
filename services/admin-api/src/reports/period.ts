import type { InputCheck } from '../input.ts';

/** What databases and people can spell: 1970 to 9999, with the end of the day that begins there. */
const earliestMs = 0;
const latestMs = Date.UTC(9999, 11, 30);

interface Period {
  fromMs: number | undefined;
  toMs: number | undefined;
}

/** A time from `from` to before `to`, either of which may be left open. */
export function readPeriod(
  check: InputCheck,
  { from, to }: { from?: string | undefined; to?: string | undefined },
): Period {
  const fromMs = check.time('/from', from)?.getTime();
  const toMs = check.time('/to', to)?.getTime();
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) check.fault('/from', 'must be before to');
  return { fromMs: within(fromMs), toMs: within(toMs) };
}

function within(atMs: number | undefined): number | undefined {
  return atMs === undefined ? undefined : Math.min(Math.max(atMs, earliestMs), latestMs);
}
