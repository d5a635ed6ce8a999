import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from '../src/clock.ts';

test('prints any moment as a Date does, whichever came before it', () => {
  const moment = fc.integer({ min: Date.UTC(1969), max: Date.UTC(2200) });
  fc.assert(
    fc.property(moment, fc.array(fc.integer({ min: -2_000, max: 2_000 })), (first, steps) => {
      for (const ms of [first, ...steps.map((step) => first + step)])
        expect(isoTime(ms)).toBe(new Date(ms).toISOString());
    }),
  );
});
