import { addDuration, addHistogram, buckets, percentileUs } from '@keyward/stores/latency-histogram';
import { expect, test } from 'vitest';

const histogramOf = (...durationsUs: number[]) => {
  const histogram: number[] = [];
  for (const durationUs of durationsUs) addDuration(histogram, durationUs);
  return histogram;
};

test('a percentile is within a factor of two of the true one', () => {
  for (const trueUs of [1, 63, 64, 65, 127, 128, 1_000, 4_095, 4_096, 250_000, 1_000_000]) {
    const histogram = histogramOf(...Array.from({ length: 100 }, () => trueUs));
    const p50 = percentileUs(histogram, 0.5) ?? 0;
    const p99 = percentileUs(histogram, 0.99) ?? 0;
    for (const read of [p50, p99]) {
      if (trueUs >= 64) expect(read).toBeGreaterThan(trueUs / 2);
      expect(read).toBeLessThanOrEqual(Math.max(64, trueUs * 2));
    }
  }
});

test('of two kinds of requests p50 tells the common one, p99 the slow one', () => {
  const histogram = histogramOf(...Array(95).fill(300), ...Array(5).fill(40_000));
  expect(percentileUs(histogram, 0.5)).toBeLessThan(600);
  expect(percentileUs(histogram, 0.99)).toBeGreaterThan(20_000);
});

test('histograms of any length add up to that of all durations', () => {
  const sum = histogramOf(10, 90_000_000);
  addHistogram(sum, histogramOf(500, 500));
  expect(sum).toEqual(histogramOf(500, 90_000_000, 10, 500));
  expect(sum).toHaveLength(buckets);
});

test('nothing has no percentile', () => {
  expect(percentileUs([], 0.5)).toBeUndefined();
  expect(percentileUs([0, 0], 0.5)).toBeUndefined();
});
