import { expect, it } from 'vitest';
import { admit } from '../src/limits.ts';
import { totalsFromSpent } from '../src/totals-from-spent.ts';

/** A Thursday whose ISO week began in September. */
const nowMs = Date.UTC(2026, 9, 1, 12, 30);

it('leave in every window what its limit has over what was spent', () => {
  const spent = { hour: 3, day: 10, week: 40, month: 10 };
  const totals = totalsFromSpent('client', spent, nowMs);
  const limits = { hour: 100, day: 100, week: 100, month: 100 };
  const { statuses } = admit([{ subject: 'client', totals, limits }], 0, nowMs);
  expect(statuses.map(({ window, remaining }) => [window, remaining])).toEqual([
    ['hour', 97],
    ['day', 90],
    ['week', 60],
    ['month', 90],
  ]);
});

it('begin the windows anew of which nothing is said', () => {
  const totals = totalsFromSpent('key', { hour: 5, day: 7 }, nowMs);
  const limits = { second: 2, minute: 3, hour: 5, day: 9 };
  const { statuses, exceeded } = admit([{ subject: 'key', totals, limits }], 1, nowMs);
  expect(statuses.map(({ remaining }) => remaining)).toEqual([2, 3, 0, 2]);
  expect(exceeded).toMatchObject({ window: 'hour', retryAfterSeconds: 1_800 });
});

it('are nothing where nothing was spent', () => {
  expect(totalsFromSpent('client', { hour: 0, day: 0, week: 0, month: 0 }, nowMs).total).toBe(0);
});
