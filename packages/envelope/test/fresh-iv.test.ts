import { expect, test } from 'vitest';
import { freshIv } from '../src/fresh-iv.ts';

test('no iv is handed out twice, or changes afterwards', () => {
  const ivs = Array.from({ length: 1_000 }, freshIv);
  const spelt = ivs.map((iv) => iv.toString('hex'));
  expect(new Set(spelt).size).toBe(1_000);
  expect(ivs.every((iv) => iv.length === 12)).toBe(true);
  freshIv();
  expect(ivs.map((iv) => iv.toString('hex'))).toEqual(spelt);
});
