import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fewAtOnce } from '../src/few-at-once.ts';

/** Work that ends when the test says so. */
function works(count: number, run = fewAtOnce({ atOnce: 2, waiting: 2 })) {
  const begun: number[] = [];
  const ends = Array.from({ length: count }, () => Promise.withResolvers<void>());
  const results = ends.map(({ promise }, i) =>
    run(() => {
      begun.push(i);
      return promise;
    }).then(
      () => 'done',
      (error) => error.code ?? error.message,
    ),
  );
  return { begun, ends, results: Promise.all(results), run };
}

describe('of what is done a few at once', () => {
  it('no more are under way, the others follow in their order, and those beyond are refused', async () => {
    const { begun, ends, results } = works(5);
    for (let ended = 0; ended < 4; ended += 1) {
      await nextTurn();
      expect(begun).toEqual([0, 1, 2, 3].slice(0, ended + 2));
      ends[ended]?.resolve();
    }
    expect(await results).toEqual(['done', 'done', 'done', 'done', 'UNAVAILABLE']);
  });

  it('one that fails leaves its place to the next', async () => {
    const { ends, results, run } = works(4);
    for (const { reject } of ends) reject(new Error('no'));
    expect(await results).toEqual(['no', 'no', 'no', 'no']);
    expect(await run(async () => 'there is room again')).toBe('there is room again');
  });
});
