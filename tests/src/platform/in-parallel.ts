/** Runs `work(0)` … `work(count - 1)`, at most `lanes` at a time; what they came to, in that order. */
export async function inParallel<T>(
  { count, lanes }: { count: number; lanes: number },
  work: (i: number) => Promise<T>,
): Promise<T[]> {
  const results: T[] = new Array(count);
  let begun = 0;
  const lane = async () => {
    while (begun < count) {
      const i = begun;
      begun += 1;
      results[i] = await work(i);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
