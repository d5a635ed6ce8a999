import type { Limits } from '@keyward/contract/limits';
import { expect, test } from 'vitest';
import { admit, type SubjectTotals } from '../src/limits.ts';

const noon = Date.parse('2026-11-20T12:00:00.000Z');
const client = (totals: SubjectTotals | undefined, limits: Limits) => ({ subject: 'client', totals, limits }) as const;
const key = (totals: SubjectTotals | undefined, limits: Limits) => ({ subject: 'key', totals, limits }) as const;

/** Admits one after the other; answers who was admitted, and the totals in the end. */
function history(calls: { limits: Limits; cost?: number; atMs?: number }[]) {
  let totals: SubjectTotals | undefined;
  const admitted = calls.map(({ limits, cost = 1, atMs = noon }) => {
    const answer = admit([client(totals, limits)], cost, atMs);
    if (!answer.exceeded) totals = answer.totals[0];
    return answer.exceeded === undefined;
  });
  return { admitted, total: totals?.total };
}

test('exactly as many are admitted as the limit says, and a refusal takes nothing', () => {
  const { admitted, total } = history(Array.from({ length: 6 }, () => ({ limits: { hour: 4 } })));
  expect(admitted).toEqual([true, true, true, true, false, false]);
  expect(total).toBe(4);
});

test('costs that differ never overshoot: a dear call is refused while a cheap one still fits', () => {
  const costs = [3, 3, 2, 1, 1].map((cost) => ({ limits: { hour: 8 }, cost }));
  expect(history(costs).admitted).toEqual([true, true, true, false, false]);
});

test('cost 0 is admitted at a limit that is used up, and at limit 0', () => {
  expect(
    history([{ limits: { day: 1 } }, { limits: { day: 1 }, cost: 0 }, { limits: { day: 0 }, cost: 0 }]).admitted,
  ).toEqual([true, true, true]);
});

test('changing a limit keeps what was used, also of a window that had no limit', () => {
  const calls = [
    { limits: {} },
    { limits: {} },
    { limits: { hour: 2 } },
    { limits: { hour: 3 } },
    { limits: { day: 3 } },
    { limits: { day: 4 } },
  ];
  expect(history(calls).admitted).toEqual([true, true, false, true, false, true]);
});

test('a window begins anew when it ends, the longer ones go on', () => {
  const hourMs = 3_600_000;
  const limits = { hour: 1, day: 2 };
  const calls = [0, 0, hourMs - 1, hourMs, 2 * hourMs, 24 * hourMs].map((after) => ({ limits, atMs: noon + after }));
  expect(history(calls).admitted).toEqual([true, false, false, true, false, true]);
});

test('a clock that steps back a little grants nothing twice', () => {
  const steps = [-1, 0, -1, 1, -2, 2].map((after) => ({
    limits: { month: 2 },
    atMs: Date.parse('2026-12-01T00:00:00Z') + after,
  }));
  // One of November; December begins with the second call, goes on through the steps back, and has two.
  expect(history(steps).admitted).toEqual([true, true, true, false, false, false]);
});

test('a window that a clock set far back has left in the future begins anew', () => {
  const calls = [
    { limits: { hour: 1 }, atMs: noon + 86_400_000 },
    { limits: { hour: 1 }, atMs: noon },
  ];
  expect(history(calls).admitted).toEqual([true, true]);
});

test('of several exceeded windows the one that resets last is told, with the seconds until then', () => {
  const answer = admit(
    [key(undefined, { second: 0, minute: 5 }), client(undefined, { hour: 1, day: 9 })],
    2,
    noon + 500,
  );
  expect(answer.exceeded).toEqual({ subject: 'client', window: 'hour' });
  const full = admit([key(undefined, { minute: 3 })], 3, noon).totals[0];
  expect(admit([key(full, { minute: 3 })], 1, noon + 500).exceeded).toEqual({
    subject: 'key',
    window: 'minute',
    retryAfterSeconds: 60,
  });
});

test('the statuses say what is left after the call, by subject and window', () => {
  const { statuses } = admit([key(undefined, { minute: 5 }), client(undefined, { month: 10 })], 2, noon);
  expect(statuses).toEqual([
    { subject: 'key', window: 'minute', limit: 5, remaining: 3, resetSeconds: 60, windowSeconds: 60 },
    {
      subject: 'client',
      window: 'month',
      limit: 10,
      remaining: 8,
      resetSeconds: 10.5 * 86_400,
      windowSeconds: 30 * 86_400,
    },
  ]);
});
