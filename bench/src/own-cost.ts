export interface Measured {
  /** How many calls a run makes. */
  count: number;
  run: () => Promise<unknown>;
}

const turns = 7;

/**
 * CPU µs (user and system, of this process) per call of each, by turns, so that a noisy neighbour meets them all alike. The first
 * turn warms; the least of the others is nearest to what each costs by itself.
 */
export async function leastCostsUs(measured: readonly Measured[]): Promise<number[]> {
  const costs = measured.map(() => Number.POSITIVE_INFINITY);
  for (let turn = 0; turn <= turns; turn += 1) {
    for (const [index, each] of measured.entries()) {
      const us = await costUs(each);
      if (turn > 0) costs[index] = Math.min(costs[index] ?? us, us);
    }
  }
  return costs;
}

async function costUs({ count, run }: Measured): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
