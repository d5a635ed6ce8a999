/**
 * Durations by size, so that percentiles can be read back from sums: bucket k holds what took less than `64 << k` µs and is in
 * no smaller one; the last holds the rest. Trailing zeros are left out.
 */
export const buckets = 16;
const firstBoundUs = 64;

export function bucketOf(durationUs: number): number {
  const bucket = durationUs < firstBoundUs ? 0 : Math.floor(Math.log2(durationUs / firstBoundUs)) + 1;
  return Math.min(bucket, buckets - 1);
}

/** Adds one duration. */
export function addDuration(histogram: number[], durationUs: number): void {
  const bucket = bucketOf(durationUs);
  while (histogram.length <= bucket) histogram.push(0);
  histogram[bucket] = (histogram[bucket] ?? 0) + 1;
}

/** Adds the counts of another one. */
export function addHistogram(histogram: number[], other: readonly number[]): void {
  while (histogram.length < other.length) histogram.push(0);
  for (const [bucket, count] of other.entries()) histogram[bucket] = (histogram[bucket] ?? 0) + count;
}

/**
 * The duration that `share` (0 to 1) of all stay within, µs: in its bucket the durations are taken to be spread evenly, so
 * it is off by less than a factor of two. undefined: there are none.
 */
export function percentileUs(histogram: readonly number[], share: number): number | undefined {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  for (const [bucket, count] of histogram.entries()) {
    if (count > 0 && below + count >= share * total) {
      const [from, to] = boundsUs(bucket);
      return from + ((share * total - below) / count) * (to - from);
    }
    below += count;
  }
  return boundsUs(histogram.length - 1)[1];
}

function boundsUs(bucket: number): [number, number] {
  return [bucket === 0 ? 0 : firstBoundUs * 2 ** (bucket - 1), firstBoundUs * 2 ** bucket];
}
